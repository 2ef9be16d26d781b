import { basename, dirname, join } from 'node:path';

/**
 * Every file that papyra makes beside a log. All start with a dot: the runtime's health scan flags
 * whatever starts with the log's own name and is not part of it.
 */
export interface LogNames {
  log: string;
  directory: string;
  /** Held with flock(2) while a run works. Stays for ever: unlinking a lock file is a race. */
  lock: string;
  /** The log's next content, until it is renamed over the log. */
  temp: string;
  /** Beginning of the names of old links: see old-link.ts. */
  old: string;
  /** What a removal of the head in place is about to do. */
  intent: string;
  /** What papyra remembers about logs of this directory. */
  home: string;
  /** Counters over all runs, and their own lock. */
  metrics: string;
  metricsLock: string;
}

/** `log` must be a real path: these files sit beside the log itself, not beside a link to it. */
export function namesFor(log: string): LogNames {
  const directory = dirname(log);
  const name = basename(log);
  const home = join(directory, '.papyra');
  return {
    log,
    directory,
    lock: join(directory, `.${name}.papyra.lock`),
    temp: join(directory, `.${name}.papyra.tmp`),
    old: join(directory, `.${name}.papyra.old`),
    intent: join(directory, `.${name}.papyra.intent`),
    home,
    metrics: join(home, `${name}.metrics.json`),
    metricsLock: join(home, `${name}.metrics.lock`),
  };
}
