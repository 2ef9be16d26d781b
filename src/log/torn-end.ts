// Adds the truncated end of a file to its scan, so that a recovery decides about it as about any other line.
import { fstatSync } from 'node:fs';
import type { TornEnd } from '../files/mend-tail.js';
import type { LineKind } from '../records/scanner.js';
import { noSums } from '../records/sums.js';
import type { RetentionRules } from '../retention/policy.js';
import { blockOf, statusesOf } from './block.js';
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
  let kind: LineKind = 'unreadable';
  await eachLine(log, { start, end }, () => undefined, (one) => (kind = one)); // prettier-ignore
  const isRecord = ['record', 'undated'].includes(kind);
  const sums = noSums(start);
  // Of a record only its newline is missing, and no limit asks how old it is.
  const category = isRecord ? 'undated' : 'unreadable';
  sums.end = end;
  sums.lines[category] = 1;
  sums.bytes[category] = sums.longest = end - start;
  log.stat = fstatSync(log.fd);
  const blocks = [...seen.blocks, blockOf(sums, statusesOf(rules))];
  return { seen: scanOf(blocks, 0), torn: { start, end, isRecord } };
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
