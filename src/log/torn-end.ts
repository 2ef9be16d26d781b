// Adds the truncated end of a file to its scan, so that a recovery decides about it as about any other line.
//
// A power loss may undo the newline that a recovery wrote behind a last record, and leave the length: then a NUL is
// there. So NULs at the very end are a line of their own, which goes, and what is before them may be a record.
import { fstatSync, readSync } from 'node:fs';
import type { TornEnd } from '../files/mend-tail.js';
import type { LineKind } from '../records/scanner.js';
import { noSums } from '../records/sums.js';
import type { RetentionRules } from '../retention/policy.js';
import { blockOf, statusesOf, type Block } from './block.js';
import { eachLine } from './each-line.js';
import type { OpenLog } from './open.js';
import { scanOf, type LogScan } from './scan.js';
import type { Totals } from './totals.js';
import { judgeTail } from './tail.js';

/** The scan with the end that nobody goes on with as one more line; without one the scan as it is. */
export async function withTornEnd(
  log: OpenLog,
  seen: LogScan,
  rules: RetentionRules,
  signal: AbortSignal | undefined,
): Promise<{ seen: LogScan; torn?: TornEnd }> {
  const { state, start, end } = await judgeTail(log, seen.end, signal);
  if (state !== 'abandoned') return { seen };
  const bare = withoutNuls(log, start, end);
  const isRecord = await isRecordAt(log, start, bare);
  // Of a record only its newline is missing, and no limit asks how old it is.
  const blocks = isRecord
    ? [lineAt(start, bare, 'undated', rules), ...(bare < end ? [lineAt(bare, end, 'unreadable', rules)] : [])] // prettier-ignore
    : [lineAt(start, end, 'unreadable', rules)];
  log.stat = fstatSync(log.fd);
  const torn = { start, end: isRecord ? bare : end, isRecord };
  return { seen: scanOf([...seen.blocks, ...blocks], 0), torn };
}

async function isRecordAt(log: OpenLog, start: number, end: number): Promise<boolean> {
  let kind: LineKind = 'unreadable';
  await eachLine(log, { start, end }, () => undefined, (one) => (kind = one)); // prettier-ignore
  return ['record', 'undated'].includes(kind);
}

function lineAt(
  start: number,
  end: number,
  category: 'undated' | 'unreadable',
  rules: RetentionRules,
): Block {
  const sums = noSums(start);
  sums.end = end;
  sums.lines[category] = 1;
  sums.bytes[category] = sums.longest = end - start;
  return blockOf(sums, statusesOf(rules));
}

/** Where the NULs begin with which some bytes end. */
function withoutNuls({ fd }: OpenLog, start: number, end: number): number {
  const buffer = Buffer.alloc(4096);
  for (let to = end; to > start;) {
    const from = Math.max(start, to - buffer.length);
    const read = readSync(fd, buffer, 0, to - from, from);
    for (let at = read - 1; at >= 0; at--) if (buffer[at] !== 0) return from + at + 1;
    to = from;
  }
  return start;
}

/** A newline that is missing is something to do, too. */
export function withTornTotals(totals: Totals, torn: TornEnd | undefined): Totals {
  return torn ? { ...totals, anythingGoes: true, action: 'rewritten' } : totals;
}

/** What stays; the newline of a last record that has none comes behind it. */
export async function* ended<T>(
  content: AsyncIterable<T>,
  torn: TornEnd | undefined,
): AsyncGenerator<T | Uint8Array> {
  yield* content;
  if (torn?.isRecord) yield Buffer.from('\n');
}

/** How many of the lines that go are complete: a torn end that goes is one of them. */
export function corruptedLines({ discarded }: Totals, torn: TornEnd | undefined): number {
  return discarded - (torn && !torn.isRecord ? 1 : 0);
}

/** Whether nothing else is wrong with a file than its end. */
export function isOnlyTorn(totals: Totals, torn: TornEnd | undefined): torn is TornEnd {
  return torn !== undefined && corruptedLines(totals, torn) === 0;
}
