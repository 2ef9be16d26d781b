import { fdatasyncSync, fstatSync, readSync } from 'node:fs';
import { lines } from './lines.js';
import { appendLine, awaitEndOfLine } from './live-append.js';
import type { OpenFile, Tick } from './read.js';
import { attempt } from '../errors/system-error.js';

export interface Reconciliation {
  old: OpenFile;
  /** From here on it is not sure which lines of the old file are in the log. */
  taken: number;
  live: OpenFile;
  /** From here on the log may hold them. */
  synced: number;
  /** Whether a line is a record, whole. */
  isRecord: (line: Buffer) => boolean;
  /** Called with bytes read; may stop the work, which the next run then takes up again. */
  tick: Tick;
}

/**
 * Appends to the log what is in the old file and not there: after a crash nobody remembers how far the
 * take-over had come. Lines are counted, not looked up: records may be identical to the byte. Again
 * and again until nothing is missing; returns how many lines that were, and where the whole lines of
 * the old file end.
 */
export async function reconcile(task: Reconciliation): Promise<{ added: number; at: number }> {
  const { old, live } = task;
  let added = 0;
  for (;;) {
    // A line of ours that lacks only its newline would be taken for missing, and come twice.
    await awaitEndOfLine(live);
    const { late, rest, at } = lateLines(task);
    const missing = await missingLines(task, late, rest);
    if (missing.length === 0) return { added, at };
    // The log may hold only what the old file has on the disk: else half of it could not be recognised.
    attempt('sync', old.path, () => fdatasyncSync(old.fd));
    for (const line of missing) await appendLine(live, line);
    added += missing.length;
  }
}

/** The lines that came after the take-over, and what a writer left unfinished behind them. */
function lateLines({ old, taken }: Reconciliation) {
  const { size } = fstatSync(old.fd);
  const late = [...lines(old, taken, size)];
  const at = taken + late.reduce((sum, line) => sum + line.length, 0);
  const rest = Buffer.alloc(Math.max(0, size - at) + 1, '\n');
  readSync(old.fd, rest, 0, rest.length - 1, at);
  return { late, rest, at };
}

async function missingLines(task: Reconciliation, late: Buffer[], rest: Buffer): Promise<Buffer[]> {
  const { isRecord } = task;
  /** How often a line of the old file is still to be found. */
  const wanted = new Map<string, number>();
  for (const line of late) wanted.set(keyOf(line), (wanted.get(keyOf(line)) ?? 0) + 1);
  const unreadable: Buffer[] = [];
  await eachSuspect(task, (line, key) => {
    const left = wanted.get(key);
    if (left !== undefined) wanted.set(key, Math.max(0, left - 1));
    // An unreadable line of the old file was carried over on purpose.
    else if (!isRecord(line)) unreadable.push(Buffer.from(line));
  });
  const missing = late.filter((line) => {
    const left = wanted.get(keyOf(line))!;
    if (left > 0) wanted.set(keyOf(line), left - 1);
    return left > 0;
  });
  if (unreadable.length === 0) return missing;
  const glued = gluedRecords(unreadable, [...late, rest], isRecord);
  for (const line of missing) glued.delete(keyOf(line));
  await eachSuspect(task, (_line, key) => glued.delete(key));
  return [...missing, ...glued.values()];
}

/** The lines of the log among which ours may be; blank ones are nobody's. */
async function eachSuspect(
  { live, synced, tick }: Reconciliation,
  take: (line: Buffer, key: string) => void,
): Promise<void> {
  const { size } = fstatSync(live.fd);
  // A log that was made shorter since may have them anywhere.
  for (const line of lines(live, synced <= size ? synced : 0, size)) {
    const pause = tick(line.length);
    if (pause) await pause;
    const key = keyOf(line);
    if (key.trim() !== '') take(line, key);
  }
}

/**
 * A write of ours was cut short, and a live writer's whole record came right behind it, on the same
 * line: takes those records back. A record taken back may itself have been cut short by a later crash.
 */
function gluedRecords(
  unreadable: Buffer[],
  ours: Buffer[],
  isRecord: (line: Buffer) => boolean,
): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const line of unreadable) {
    for (const torn of [...ours, ...found.values()]) {
      const record = behindBeginning(line, torn, isRecord);
      if (record) found.set(keyOf(record), record);
    }
  }
  return found;
}

/** The record in `line` behind a beginning of `torn`, if that is what the line is. */
function behindBeginning(
  line: Buffer,
  torn: Buffer,
  isRecord: (line: Buffer) => boolean,
): Buffer | undefined {
  for (let cut = 1; cut < torn.length && cut < line.length; cut++) {
    if (line[cut - 1] !== torn[cut - 1]) return undefined;
    const rest = line.subarray(cut);
    if (rest[0] === 0x7b && isRecord(rest)) return Buffer.from(rest);
  }
  return undefined;
}

function keyOf(line: Buffer): string {
  return line.toString('latin1');
}
