import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../units/clock.js';
import { interruption, PapyraError } from '../../errors/errors.js';
import { stampAt, type FileId, type Stamp } from '../../files/identity.js';
import { segmentName } from '../../files/file-names.js';
import type { SetOptions } from './set.js';

/**
 * Whether names hold still. The runtime renames without a lock: a name that was looked at may be another
 * file's when it is used. It does so only when the active file would pass `max_bytes` and the top name is free:
 *
 * - `full`: the active file has passed `max_bytes` and the top name is taken, so the runtime's own rule keeps
 *   it from rotating; and no rotation is just under way, since the active file was written after the top
 *   name was, or a look downwards finds no name missing. It stays so until the top name is free.
 * - `small`: the active file is so far below `max_bytes` that no rotation is due, however long the moment
 *   between the look and the use may be: an eighth of it, four lines, a quarter of a second's growth.
 * - `quiet`: nothing has changed for three seconds but by us, or the operator says that nothing is writing.
 * - `grey`: everything else. Nothing may be renamed or unlinked.
 */
export type RenameSafety = 'full' | 'small' | 'quiet' | 'grey';

const QUIET_MS = 3000;
const PATIENCE_MS = 5000;
const POLL_MS = 50;
/** Coarser than any clock of a file system. */
const AFTER_MS = 20;
/** A look and what follows it take microseconds; a machine that is busy may put this between them. */
const MOMENT_MS = 250;
/** Growth over less time than this says nothing. */
const SAMPLE_MS = 20;

/** The active file at one time. */
export interface Sample {
  at: number;
  id: FileId | undefined;
  size: number;
}

export class RenameGuard {
  #full = false;
  #entries: string[] = [];
  #since = 0;
  /** Bytes a millisecond, at most, since the set was opened. */
  #rate = 0;
  #sample: Sample;
  /** Milliseconds that this run has waited already. */
  #waited = 0;

  constructor(
    readonly set: SetOptions,
    /** Bytes of the longest line of the active file. */
    readonly longest: number,
    /** The active file when the set was opened. */
    opened: Sample,
    readonly offline: boolean,
  ) {
    this.#sample = opened;
  }

  /** Rotation was stalled by a full set, and goes on when the top name is free. */
  get wasFull(): boolean {
    return this.#full;
  }

  now(): RenameSafety {
    const { maxBytes, maxFiles } = this.set;
    if (this.offline || maxFiles === 1) return 'quiet';
    const stats = this.#look();
    const [active, top] = [stats[0], stats[maxFiles - 1]];
    if (top && (this.#full || (active && active.size > maxBytes && settled(stats)))) {
      this.#full = true;
      return 'full';
    }
    const isQuiet = this.#isQuiet(stats);
    if (active) this.#measure(active);
    const margin = Math.max(maxBytes / 8, 4 * this.longest, this.#rate * MOMENT_MS);
    if (active && active.size <= maxBytes - margin) return 'small';
    return isQuiet ? 'quiet' : 'grey';
  }

  /**
   * Waits for names to hold still, some seconds in a whole run.
   *
   * @throws {PapyraError} `interrupted` when asked to stop.
   */
  async settle(signal: AbortSignal | undefined): Promise<RenameSafety> {
    // Without a while to look back on, nobody knows how fast the active file grows.
    if (!this.offline && monotonicMs() - this.#sample.at < SAMPLE_MS) await sleep(SAMPLE_MS);
    for (;;) {
      const zone = this.now();
      if (signal?.aborted) throw interruption(signal);
      if (zone !== 'grey' || this.#waited > PATIENCE_MS) return zone;
      await sleep(POLL_MS);
      this.#waited += POLL_MS;
    }
  }

  /** @throws {PapyraError} `try_again` when names may move. To be called right before one is used. */
  assertStill(): void {
    if (this.now() !== 'grey') return;
    throw new PapyraError('try_again', `${this.set.path} is about to be rotated`, {
      hint: 'run again in a moment; what was done stays done',
    });
  }

  /** A change of ours at one name: it does not disturb the quiet. */
  changed(index: number, how: 'replaced' | 'removed'): void {
    if (how === 'removed' && index === this.set.maxFiles - 1) this.#full = false;
    const entries = this.#look().map(entryOf);
    const others = (list: string[]) => list.filter((_, at) => at !== index).join(' ');
    if (others(entries) !== others(this.#entries)) this.#since = monotonicMs();
    this.#entries = entries;
  }

  /**
   * From the top downwards. A rotation that is under way leaves a name missing that moves down: whoever
   * looks upwards can miss it.
   */
  #look(): (Stamp | undefined)[] {
    const { path, maxFiles } = this.set;
    const stats: (Stamp | undefined)[] = [];
    for (let index = maxFiles - 1; index >= 0; index--) {
      stats[index] = stampAt(segmentName(path, index));
    }
    return stats;
  }

  #measure({ id, size }: Stamp): void {
    const before = this.#sample;
    const now = { at: monotonicMs(), id, size };
    const passed = now.at - before.at;
    if (passed < SAMPLE_MS) return;
    const grown = id === before.id ? size - before.size : size;
    this.#rate = Math.max(this.#rate, grown / passed);
    this.#sample = now;
  }

  #isQuiet(stats: (Stamp | undefined)[]): boolean {
    const entries = stats.map(entryOf);
    const now = monotonicMs();
    if (entries.join(' ') !== this.#entries.join(' ')) {
      this.#entries = entries;
      this.#since = now;
    }
    return now - this.#since >= QUIET_MS;
  }
}

function entryOf(stat: Stamp | undefined): string {
  return stat ? `${stat.id}:${stat.size}:${stat.mtimeMs}` : '-';
}

function settled(stats: (Stamp | undefined)[]): boolean {
  const [active, top] = [stats[0]!, stats.at(-1)!];
  return active.mtimeMs >= top.ctimeMs + AFTER_MS || stats.every((stat) => stat !== undefined);
}
