import { fstatSync } from 'node:fs';
import { lines } from './lines.js';
import { appendLine } from './live-append.js';
import type { OpenFile } from './read.js';

export interface Reconciliation {
  old: OpenFile;
  /** From here on it is not sure which lines of the old file are in the log. */
  taken: number;
  live: OpenFile;
  /** From here on the log may hold them. */
  synced: number;
  /** Whether a line is a record, whole. */
  isRecord: (line: Buffer) => boolean;
}

/**
 * Appends to the log what is in the old file and not there: after a crash nobody remembers how far the
 * take-over had come. Lines are counted, not looked up: records may be identical to the byte. Again
 * and again until nothing is missing; returns how many lines that were, and where the whole lines of
 * the old file end.
 */
export async function reconcile(task: Reconciliation): Promise<{ added: number; at: number }> {
  let added = 0;
  for (;;) {
    const { late, at } = lateLines(task);
    const missing = missingLines(task, late);
    if (missing.length === 0) return { added, at };
    for (const line of missing) await appendLine(task.live, line);
    added += missing.length;
  }
}

function lateLines({ old, taken }: Reconciliation): { late: Buffer[]; at: number } {
  const late = [...lines(old, taken, fstatSync(old.fd).size)];
  return { late, at: taken + late.reduce((sum, line) => sum + line.length, 0) };
}

function missingLines(task: Reconciliation, late: Buffer[]): Buffer[] {
  const { live, synced, isRecord } = task;
  if (late.length === 0) return [];
  /** How often a line of the old file is still to be found. */
  const wanted = new Map<string, number>();
  for (const line of late) add(wanted, keyOf(line));
  /** Records that follow a torn line of ours on the same line, and whether they stand elsewhere. */
  const glued: Buffer[] = [];
  const others = new Set<string>();
  for (const line of lines(live, synced, fstatSync(live.fd).size)) {
    const key = keyOf(line);
    const left = wanted.get(key);
    if (left !== undefined && left > 0) wanted.set(key, left - 1);
    else if (!isRecord(line)) glued.push(...gluedTo(line, late, isRecord));
    others.add(key);
  }
  const missing = late.filter((line) => {
    const left = wanted.get(keyOf(line))!;
    if (left > 0) wanted.set(keyOf(line), left - 1);
    return left > 0;
  });
  const known = new Set(missing.map(keyOf));
  return [
    ...missing,
    ...glued.filter((line) => !others.has(keyOf(line)) && !known.has(keyOf(line))),
  ];
}

/** Our write of a late line was cut short, and a live writer's whole record came right behind it. */
function gluedTo(line: Buffer, late: Buffer[], isRecord: (line: Buffer) => boolean): Buffer[] {
  for (const torn of late) {
    for (let cut = 1; cut < Math.min(torn.length - 1, line.length); cut++) {
      if (line[cut - 1] !== torn[cut - 1]) break;
      const rest = line.subarray(cut);
      if (rest[0] === 0x7b && isRecord(rest)) return [Buffer.from(rest)];
    }
  }
  return [];
}

function keyOf(line: Buffer): string {
  return line.toString('latin1');
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
