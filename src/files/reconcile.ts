// Appends to the log what is in the old file and not in the log: after a crash nobody knows how far a drain had come.
//
// Compared are the lines of the old file from `taken` on and those of the log from `synced` on (old-link.ts). Lines
// are counted, not looked up: records may be identical to the byte. This repeats until nothing is missing, so a crash
// in between only makes the next run start again. The old file is on the disk before its lines go to the log:
// otherwise half a line in the log could not be recognised.
import { fdatasyncSync, fstatSync, readSync } from 'node:fs';
import { lines } from './lines.js';
import { appendLine, awaitEndOfLine } from './live-append.js';
import { noteShorterLog, type OldLink } from './old-link.js';
import type { OpenFile, Tick } from './read.js';
import { attempt } from '../errors/system-error.js';

export interface Reconciliation {
  old: OpenFile;
  live: OpenFile;
  /** Lines of the old file after `taken` may be missing in the log, which may hold them after `synced`. */
  link: OldLink;
  /** Whether a line is a whole record. */
  isRecord: (line: Buffer) => boolean;
  /** Called with bytes read; may throw to stop the work, which the next run takes up again. */
  tick: Tick;
}

/** Returns how many lines were missing, and where the whole lines of the old file end. */
export async function reconcile(task: Reconciliation): Promise<{ added: number; at: number }> {
  const { old, live } = task;
  let added = 0;
  for (;;) {
    // A line of ours that lacks only its newline would count as missing, and be appended twice.
    await awaitEndOfLine(live);
    noteShorterLog(task.link, live);
    const { late, rest, at } = lateLines(task);
    const missing = await missingLines(task, late, rest);
    if (missing.length === 0) return { added, at };
    attempt('sync', old.path, () => fdatasyncSync(old.fd));
    for (const line of missing) await appendLine(live, line);
    added += missing.length;
  }
}

/** The lines of the old file after `taken`, and the unterminated rest behind them. */
function lateLines({ old, link: { taken } }: Reconciliation) {
  const { size } = fstatSync(old.fd);
  const late = [...lines(old, taken, size)];
  const at = taken + late.reduce((sum, line) => sum + line.length, 0);
  const rest = Buffer.alloc(Math.max(0, size - at) + 1, '\n');
  readSync(old.fd, rest, 0, rest.length - 1, at);
  return { late, rest, at };
}

async function missingLines(task: Reconciliation, late: Buffer[], rest: Buffer): Promise<Buffer[]> {
  const { isRecord } = task;
  /** How often each line of the old file is still to be found in the log. */
  const wanted = new Map<string, number>();
  for (const line of late) wanted.set(keyOf(line), (wanted.get(keyOf(line)) ?? 0) + 1);
  const unreadable: Buffer[] = [];
  await eachSuspect(task, (line, key) => {
    const left = wanted.get(key);
    if (left !== undefined) wanted.set(key, Math.max(0, left - 1));
    // An unreadable line that is in the old file, too, was carried over on purpose.
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

/** Visits the lines of the log among which ours may be, without blank ones. */
async function eachSuspect(
  { live, link, tick }: Reconciliation,
  take: (line: Buffer, key: string) => void,
): Promise<void> {
  const { size } = fstatSync(live.fd);
  for (const line of lines(live, Math.min(link.synced, size), size)) {
    const pause = tick(line.length);
    if (pause) await pause;
    const key = keyOf(line);
    if (key.trim() !== '') take(line, key);
  }
}

/**
 * Finds the records of other writers that stand on one line behind a write of ours that was cut short, to append
 * them again. Such a record may itself have been cut short by a later crash, when it was appended again. A power loss
 * may leave NULs where our write should be.
 */
function gluedRecords(
  unreadable: Buffer[],
  ours: Buffer[],
  isRecord: (line: Buffer) => boolean,
): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const line of unreadable) {
    const behind = line.subarray(line.lastIndexOf(0) + 1);
    if (behind.length < line.length && isRecord(behind))
      found.set(keyOf(behind), Buffer.from(behind));
    for (const torn of [...ours, ...found.values()]) {
      const record = behindBeginning(line, torn, isRecord);
      if (record) found.set(keyOf(record), record);
    }
  }
  return found;
}

/** The record in `line` behind a beginning of `torn`; undefined: the line is no such thing. */
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
