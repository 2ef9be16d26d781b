import { lstatSync, type Stats } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../clock.js';
import { PapyraError } from '../../errors.js';
import { nameOf, type SetOptions } from './set.js';

/**
 * Whether names hold still. The runtime renames without a lock: a name that was looked at may be another
 * file's when it is used. It does so only when the active file would pass `max_bytes` and the top name is free:
 *
 * - `full`: the active file has passed `max_bytes` and the top name is taken, so the runtime's own rule keeps
 *   it from rotating; and no rotation is just under way, since the active file was written after the top
 *   name was, or no name is missing in between. It stays so until the top name is free.
 * - `small`: the active file is so far below `max_bytes` that no rotation is due.
 * - `quiet`: nothing has changed for three seconds, or the operator says that nothing is writing.
 * - `grey`: everything else. Nothing may be renamed or unlinked.
 */
export type Zone = 'full' | 'small' | 'quiet' | 'grey';

const QUIET_MS = 3000;
const PATIENCE_MS = 5000;
const POLL_MS = 50;
/** Coarser than any clock of a file system. */
const AFTER_MS = 20;

export class Zones {
  #full = false;
  #signature = '';
  #since = 0;

  constructor(
    readonly set: SetOptions,
    /** Bytes of the longest line of the active file. */
    readonly longest: number,
    readonly offline: boolean,
  ) {}

  /** Rotation was stalled by a full set, and goes on when the top name is free. */
  get wasFull(): boolean {
    return this.#full;
  }

  now(): Zone {
    const { maxBytes, maxFiles } = this.set;
    if (this.offline || maxFiles === 1) return 'quiet';
    const stats = Array.from({ length: maxFiles }, (_, index) => this.#stat(index));
    const [active, top] = [stats[0], stats[maxFiles - 1]];
    if (top && (this.#full || (active && active.size > maxBytes && settled(stats)))) {
      this.#full = true;
      return 'full';
    }
    const margin = Math.max(maxBytes / 8, 4 * this.longest);
    if (active && active.size <= maxBytes - margin) return 'small';
    return this.#isQuiet(stats) ? 'quiet' : 'grey';
  }

  /** Waits some seconds for names to hold still. */
  async settle(signal: AbortSignal | undefined): Promise<Zone> {
    const deadline = monotonicMs() + PATIENCE_MS;
    for (;;) {
      const zone = this.now();
      if (zone !== 'grey' || signal?.aborted || monotonicMs() > deadline) return zone;
      await sleep(POLL_MS);
    }
  }

  /** @throws {PapyraError} `try_again` when names may move. To be called right before one is used. */
  assertStill(): void {
    if (this.now() !== 'grey') return;
    throw new PapyraError('try_again', `${this.set.path} is about to be rotated`, {
      hint: 'run again in a moment; what was done stays done',
    });
  }

  #stat(index: number): Stats | undefined {
    return lstatSync(nameOf(this.set.path, index), { throwIfNoEntry: false });
  }

  #isQuiet(stats: (Stats | undefined)[]): boolean {
    const signature = stats
      .map((stat) => (stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : '-'))
      .join(' ');
    const now = monotonicMs();
    if (signature !== this.#signature) {
      this.#signature = signature;
      this.#since = now;
    }
    return now - this.#since >= QUIET_MS;
  }
}

function settled(stats: (Stats | undefined)[]): boolean {
  const [active, top] = [stats[0]!, stats.at(-1)!];
  return active.mtimeMs >= top.ctimeMs + AFTER_MS || stats.every((stat) => stat !== undefined);
}
