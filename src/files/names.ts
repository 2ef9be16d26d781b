import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors.js';

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
  /** Of a rotating set: another name of its new active file, until that is drained into. */
  fresh: string;
  /** Beginning of the names of old links: see old-link.ts. */
  old: string;
  /** What a removal of the head in place is about to do. */
  intent: string;
  /** What papyra remembers about logs of this directory. */
  home: string;
  /** Counters over all runs, and their own lock. */
  metrics: string;
  metricsLock: string;
  /** What the log held when the last run ended. */
  index: string;
}

/** A file name has 255 bytes at most; the longest one that is made of the log's adds some 60. */
const MAX_NAME_BYTES = 190;

/**
 * `log` must be a real path: these files sit beside the log itself, not beside a link to it.
 *
 * @throws {PapyraError} `io_error` when its name is too long for names that are made of it.
 */
export function namesFor(log: string): LogNames {
  const directory = dirname(log);
  const name = basename(log);
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES) {
    throw new PapyraError('io_error', `the name of ${log} is too long: ${bytes} bytes`, {
      hint: `nothing was done; files beside it are named after it, so it may have ${MAX_NAME_BYTES} bytes`,
    });
  }
  const home = join(directory, '.papyra');
  return {
    log,
    directory,
    lock: join(directory, `.${name}.papyra.lock`),
    temp: join(directory, `.${name}.papyra.tmp`),
    fresh: join(directory, `.${name}.papyra.new`),
    old: join(directory, `.${name}.papyra.old`),
    intent: join(directory, `.${name}.papyra.intent`),
    home,
    metrics: join(home, `${name}.metrics.json`),
    metricsLock: join(home, `${name}.metrics.lock`),
    index: join(home, `${name}.index`),
  };
}
