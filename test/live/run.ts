import { execa, type ResultPromise } from 'execa';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BARE, NO_PROGRAMS, PAPYRA, papyra, ROOT } from '../support/papyra.js';

const WRITER = join(ROOT, 'test/live/writer.py');

export type Habit = 'append' | 'held' | 'torn';

/** A writer in a process of its own. */
export function startWriter(
  log: string,
  id: string,
  options: { count?: number; habit?: Habit; pauseUs?: number } = {},
) {
  const { count = 0, habit = 'append', pauseUs = 0 } = options;
  const child = execa('python3', [WRITER, log, id, String(count), habit, String(pauseUs)], {
    env: BARE,
    extendEnv: false,
    reject: false,
  });
  return {
    child,
    /** Asks it to stop; returns how many records it wrote. */
    async stop(): Promise<number> {
      child.kill('SIGTERM');
      return Number((await child).stdout);
    },
    /** Waits until it has written them all. */
    async finish(): Promise<number> {
      return Number((await child).stdout);
    },
  };
}

/** A line that expires at once, as the writers put them between their records. */
export const EXPIRED = '{"kind": "event", "timestamp": 1.5}\n';

export const COMPACT = ['persistence', 'compact', '--max-age', '52w', '--allow-empty'];

/** Compacts again and again until it is `enough`, told how many were done; counts exit codes. */
export async function compactInALoop(
  log: string,
  enough: (done: number) => boolean,
  flags: string[] = [],
): Promise<Record<number, number>> {
  const codes: Record<number, number> = {};
  while (!enough(codes[0] ?? 0)) {
    const { code, stderr } = await papyra([...COMPACT, '--quiet', '--path', log, ...flags], {
      env: NO_PROGRAMS,
    });
    codes[code] = (codes[code] ?? 0) + 1;
    if (code !== 0 && code !== 75) throw new Error(`exit ${code}: ${stderr}`);
  }
  return codes;
}

/** A compaction that the caller may kill. */
export function startCompaction(log: string, flags: string[] = []): ResultPromise {
  return execa(process.execPath, [PAPYRA, ...COMPACT, '--json', '--path', log, ...flags], {
    env: NO_PROGRAMS,
    extendEnv: false,
    reject: false,
  });
}

/** Files beside the log that a run should not leave. */
export function leftovers(log: string): string[] {
  return readdirSync(dirname(log)).filter(
    (name) => name.includes('.papyra.') && !name.endsWith('.papyra.lock'),
  );
}

/** Waits until a run has taken the lock of a log, and a moment more, in which it begins to read. */
export async function untilAtWork(log: string): Promise<void> {
  const lock = join(dirname(log), `.${basename(log)}.papyra.lock`);
  // The lock file stays: it says who holds it only from then on.
  while (!existsSync(lock) || statSync(lock).size === 0) await sleep(10);
  await sleep(250);
}
