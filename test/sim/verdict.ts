// Judges a world: whether each record that a writer was told is written, and that the rules keep, is there once,
// whole, in order. What other tools removed, and what may have expired under some run, does not count as lost.
import { crc32 } from 'node:zlib';
import { keyOf, type Told } from './told.js';
import type { Policy } from './world.js';

export interface Evidence {
  told: Told[];
  /** Writers that were killed: one record more than they tell may be there. */
  killed: ReadonlySet<string>;
  /** The lines of the store, oldest first. */
  log: string[];
  /** Lines that other tools put elsewhere: files that were moved away, copies. */
  elsewhere: string[];
  /** Lines that the archives hold, if each run archived. */
  archived?: string[];
  policy: Policy;
  /** Times of the monotonic clock between which runs of papyra were at work. */
  runs: { from: number; to: number }[];
  /** Records that are older may have been dropped, by some run. In seconds since 1970. */
  cutoff: number;
  /** What other tools removed: exactly these records, and maybe any that was begun before that time. */
  removed: { keys: ReadonlySet<string>; before: number };
  /** Lines that were never records, and must be there as they are. None if something may have removed them. */
  unreadable: string[];
  /** Whether unreadable lines may have been removed, records that stand on one with them too. */
  repaired: boolean;
  /** So many lines may be unreadable that were not before: writes that the disk cut short, writers that were killed. */
  tornAllowed: number;
}

export interface Verdict {
  records: number;
  lost: string[];
  twice: string[];
  torn: string[];
  displaced: string[];
}

/** Records that came late stand behind those that were written after them: a count or a size may differ by so many. */
const LATE = 500;
const LATE_BYTES = LATE * 300;
const MARGIN_NS = 100e6;

export function judge(evidence: Evidence): Verdict {
  const told = new Map(evidence.told.map((record) => [keyOf(record), record]));
  const verdict: Verdict = { records: told.size, lost: [], twice: [], torn: [], displaced: [] };
  const seen = new Map<string, number>();
  const last = new Map<string, number>();
  const unreadable = counted(evidence.unreadable);
  const glued: string[] = [];
  let torn = 0;
  for (const line of evidence.log) {
    if (line.trim() === '' || line.startsWith('{"kind":"compaction"')) continue;
    const record = parsed(line);
    if (record === undefined) {
      if (take(unreadable, line)) continue;
      torn += 1;
      if (torn > evidence.tornAllowed) verdict.torn.push(excerpt(line));
      // A run brings such a record over again: it is there twice, but once as a line of its own.
      const record = lastOn(line);
      if (record) glued.push(keyOf(record));
      continue;
    }
    const key = keyOf(record);
    const known = told.get(key);
    if (known && known.crc !== crc32(Buffer.from(line, 'latin1'))) verdict.torn.push(excerpt(line));
    if (!known && !isOneMore(evidence, told, record)) verdict.torn.push(`nobody wrote ${key}`);
    add(seen, key);
    if (record.n < (last.get(record.writer) ?? -1)) {
      if (!known || !wasLate(evidence, known)) verdict.displaced.push(key);
    } else last.set(record.writer, record.n);
  }
  for (const [key, times] of seen) if (times > 1) verdict.twice.push(`${key} ${times} times`);
  for (const key of glued) add(seen, key);
  for (const [line, times] of unreadable) {
    if (times > 0 && !evidence.repaired) verdict.lost.push(`the unreadable line ${excerpt(line)}`);
  }
  for (const line of evidence.elsewhere) {
    const record = lastOn(line);
    if (record) add(seen, keyOf(record));
  }
  const archived = evidence.archived && new Set(evidence.archived.map(parsed).map((record) => record && keyOf(record))); // prettier-ignore
  const excused = excuses(evidence);
  for (const [key, record] of told) {
    if (record.state !== 'whole' || seen.has(key) || evidence.removed.keys.has(key)) continue;
    if (record.begin < evidence.removed.before) continue;
    if (archived ? archived.has(key) : excused(record)) continue;
    verdict.lost.push(`${key} of ${evidence.told.length}, written ${record.begin}, ${record.timestamp}`); // prettier-ignore
  }
  return verdict;
}

/** Whether some run may have dropped a record by its rules, or a repair with the line that it stood on. */
function excuses({ told, policy, cutoff, repaired }: Evidence): (record: Told) => boolean {
  const byEnd = told.filter(({ state }) => state === 'whole').sort((a, b) => a.end - b.end);
  const position = new Map(byEnd.map((record, index) => [record, index]));
  const bytesAfter = new Float64Array(byEnd.length + 1);
  for (let at = byEnd.length - 1; at >= 0; at--) bytesAfter[at] = bytesAfter[at + 1]! + byEnd[at]!.bytes; // prettier-ignore
  const spoiled = new Set<Told>();
  const inOrder = [...told].sort((a, b) => a.begin - b.begin);
  for (const [at, { state }] of inOrder.entries()) {
    if (state === 'short') for (const next of inOrder.slice(at + 1, at + 9)) spoiled.add(next);
  }
  return (record) => {
    if (record.timestamp < cutoff) return true;
    if (repaired && spoiled.has(record)) return true;
    const at = position.get(record)!;
    const { maxRecords = Infinity, maxTotalBytes = Infinity } = policy;
    return byEnd.length - at + LATE > maxRecords || bytesAfter[at]! + LATE_BYTES > maxTotalBytes;
  };
}

/** A record that was written while a run was at work may have been carried over late. */
function wasLate({ runs }: Evidence, { begin, end }: Told): boolean {
  return runs.some(({ from, to }) => begin < to + MARGIN_NS && end > from - MARGIN_NS);
}

function isOneMore({ killed }: Evidence, told: Map<string, Told>, record: Told): boolean {
  return killed.has(record.writer) && !told.has(keyOf({ ...record, n: record.n + 1 })) &&
    (record.n === 0 || told.has(keyOf({ ...record, n: record.n - 1 }))); // prettier-ignore
}

export function parsed(line: string): Told | undefined {
  try {
    const record = JSON.parse(line) as Told;
    return typeof record.writer === 'string' && typeof record.n === 'number' ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Behind a write that the disk cut short the next record stands on the same line. */
export function lastOn(line: string): Told | undefined {
  return parsed(line) ?? parsed(line.slice(line.lastIndexOf('{"kind": "event", "writer"')));
}

const excerpt = (line: string): string => JSON.stringify(line.slice(0, 120));

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function counted(lines: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) add(counts, line);
  return counts;
}

function take(counts: Map<string, number>, line: string): boolean {
  const left = counts.get(line) ?? 0;
  if (left > 0) counts.set(line, left - 1);
  return left > 0;
}
