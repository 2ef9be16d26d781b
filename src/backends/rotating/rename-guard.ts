// Tells whether the names of a rotating set hold still, so that a file may be renamed or unlinked by its name.
//
// The runtime renames without a lock: a name that was looked at may be another file's when it is used. The runtime
// renames only when the active file would pass `max_bytes` and the top name is free. So there are four states:
//
// - `full`: the active file has passed `max_bytes` and the top name is taken, so the runtime's own rule keeps it from
//   rotating. No rotation is under way either: the active file was written after the top name was, or a look downwards
//   finds no name missing. This lasts until the top name is free.
// - `small`: the active file is so far below `max_bytes` that no rotation is due between the look and the use: by an
//   eighth of `max_bytes`, four of the longest lines, or what it grows in a quarter of a second, whichever is most.
// - `quiet`: only we have changed anything for three seconds, or the operator says that nothing is writing.
// - `grey`: everything else. Nothing may be renamed or unlinked.
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../units/clock.js';
import { interruption, PapyraError } from '../../errors/errors.js';
import { stampAt, type FileId, type Stamp } from '../../files/identity.js';
import { segmentName } from '../../files/file-names.js';
import type { SetOptions } from './set.js';

export type RenameSafety = 'full' | 'small' | 'quiet' | 'grey';

const QUIET_MS = 3000;
const PATIENCE_MS = 5000;
const POLL_MS = 50;
/** Coarser than the timestamps of any file system. */
const AFTER_MS = 20;
/** A look and the use of a name take microseconds. A busy machine may put so much time between them. */
const MOMENT_MS = 250;
/** Growth over less time says nothing. */
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
  /** The fastest growth since the set was opened, in bytes per millisecond. */
  #rate = 0;
  #sample: Sample;
  /** How long this run has waited already. */
  #waited = 0;

  constructor(
    readonly set: SetOptions,
    /** Bytes of the longest line that was read. */
    readonly longest: number,
    /** The active file when the set was opened. */
    opened: Sample,
    readonly offline: boolean,
  ) {
    this.#sample = opened;
  }

  /** A full set has stalled rotation, which goes on when the top name is free. */
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
   * Waits until names hold still, but only some seconds in a whole run.
   *
   * @throws {PapyraError} `interrupted` when asked to stop.
   */
  async settle(signal: AbortSignal | undefined): Promise<RenameSafety> {
    // It takes a while to see how fast the active file grows.
    if (!this.offline && monotonicMs() - this.#sample.at < SAMPLE_MS) await sleep(SAMPLE_MS);
    for (;;) {
      const zone = this.now();
      if (signal?.aborted) throw interruption(signal);
      if (zone !== 'grey' || this.#waited > PATIENCE_MS) return zone;
      await sleep(POLL_MS);
      this.#waited += POLL_MS;
    }
  }

  /** To be called right before a name is used. @throws {PapyraError} `try_again` when names may move. */
  assertStill(): void {
    if (this.now() !== 'grey') return;
    throw new PapyraError('try_again', `${this.set.path} is about to be rotated`, {
      hint: 'run again in a moment; what was done stays done',
    });
  }

  /** Notes a change of ours at one name: it does not end the quiet. */
  changed(index: number, how: 'replaced' | 'removed'): void {
    if (how === 'removed' && index === this.set.maxFiles - 1) this.#full = false;
    const entries = this.#look().map(entryOf);
    const others = (list: string[]) => list.filter((_, at) => at !== index).join(' ');
    if (others(entries) !== others(this.#entries)) this.#since = monotonicMs();
    this.#entries = entries;
  }

  /** Looks downwards: a rotation under way leaves a gap that moves down, and a look upwards could miss it. */
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
