import { ENVIRONMENT } from '../config/environment.js';
import type { EffectiveConfig, Overrides } from '../config/types.js';
import { durationText } from '../units.js';
import { jobName, seedOf } from './name.js';
import { timesFor, type Times } from './times.js';

/** A compaction that comes again and again: what all units are made from. Paths are absolute. */
export interface Job {
  /** Of units and jobs: `papyra-app-events`. */
  name: string;
  backend: string;
  /** What the operator calls the store; there are no credentials in it. */
  target: string;
  /** The log, or the active file of a rotating set; null: the backend has no files. */
  log: string | null;
  /** A directory to which what is dropped goes first; null: nowhere. */
  archive: string | null;
  /** The configuration file; null: flags say it all. */
  configFile: string | null;
  everySeconds: number;
  /** Why that often. */
  reason: string;
  times: Times;
  /** The arguments of papyra. */
  args: string[];
}

/** What a scheduler makes of a job: files to save under these names. */
export interface UnitFile {
  name: string;
  content: string;
}

const LONGEST_LOCK_WAIT = 600;

/** The job for a configuration. `target`: what the operator calls the store. */
export function jobOf(
  config: EffectiveConfig,
  target: string,
  { seconds, reason }: { seconds: number; reason: string },
): Job {
  const { store, file } = config;
  const log = 'path' in store ? store.path : null;
  const lockWait = durationText(Math.min(LONGEST_LOCK_WAIT, seconds / 4));
  return {
    name: jobName(target),
    backend: store.backend,
    target,
    log,
    archive: config.archive ?? null,
    configFile: file,
    everySeconds: seconds,
    reason,
    times: timesFor(seconds, seedOf(target)),
    args: [
      ...(file === null ? [] : ['--config', file]),
      ...['--quiet', 'persistence', 'compact'],
      ...flagsOf(config.overrides, log),
      ...(log === null ? [] : ['--lock-wait', lockWait]),
    ],
  };
}

/** Flags and environment that were in force, as flags: a scheduler starts with neither. */
function flagsOf(overrides: Overrides, log: string | null): string[] {
  return Object.values(ENVIRONMENT).flatMap((variable) => {
    const value = overrides[variable.key];
    // What has no flag is a secret.
    if (value === undefined || !('flag' in variable)) return [];
    if (variable.key === 'path') return [variable.flag, log ?? String(value)];
    const isDuration = variable.key.endsWith('_seconds');
    return [variable.flag, isDuration ? durationText(Number(value)) : String(value)];
  });
}
