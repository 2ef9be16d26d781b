// Inspects a log, one file or a set: what is in it, what fills it, and what would go now.
import { basename } from 'node:path';
import type { InspectRequest } from '../backends/backend.js';
import type { LogNames } from '../files/names.js';
import type { Tick } from '../files/read.js';
import { BLOCK_BYTES as SPACE_UNIT } from '../files/space.js';
import { runtimeTemps } from '../files/surroundings.js';
import { TailSample } from '../files/tail-sample.js';
import { Census, combined, type GroupingRequest } from '../records/census.js';
import { CATEGORIES } from '../records/kernel/kernel.js';
import { LineReader } from '../records/line-reader.js';
import { earlier, later, noSums, type Sums } from '../records/sums.js';
import type { InspectedPart, Leftover, StoreInspection } from '../report/inspection.js';
import { estimatedExpiry, type Expiry } from '../retention/estimate.js';
import { ageCutoff, type RetentionRules } from '../retention/policy.js';
import { blockOf, statusesOf } from './block.js';
import { isoOrNull, kindsOf, timesOf, topOf, topWarnings } from './census-report.js';
import { collectGarbage } from '../units/collector.js';
import { exactExpiry } from './exact-expiry.js';
import { leftBy } from './leftovers.js';
import type { OpenLog } from './open.js';
import { phasesOf } from './phases.js';
import { fillersOf } from './plan-head.js';
import { readRecords } from './read-records.js';
import { recentPart, spanOfLog } from './recent.js';
import { allOf, BLOCK_BYTES, BLOCKS, END_BYTES, sampleOf, type Stretch } from './sample.js';
import { lineAtOrBehind } from './segments.js';
import { slowerWarning } from './slower.js';
import { FUTURE_SECONDS } from './totals.js';

/** A line that goes on for so long behind a block of the sample is left out. */
const LINE_BYTES = 1 << 20;
/** A line mostly begins within so many bytes. */
const LOOK_BYTES = 1 << 12;

/** A file of the log: its records are in `[from, to)`. */
interface Source {
  log: OpenLog;
  from: number;
  to: number;
  /** Nobody appends to it any more: its end also ends its last line. */
  ended: boolean;
}

/** What was read of the files. */
interface Seen {
  census: Census;
  /** Of each file, in order. */
  sums: Sums[][];
  /** Of each file: behind the last whole line. */
  ends: number[];
}

/** `files`: open, the oldest first. `active`: the one that is appended to, if it is there. */
export async function inspectLog(
  names: LogNames,
  files: readonly OpenLog[],
  active: OpenLog | undefined,
  request: InspectRequest,
): Promise<StoreInspection> {
  const { rules, by, limit } = request;
  const sources = files.map((log) => ({ log, from: fillersOf(log), to: log.stat.size, ended: log !== active })); // prettier-ignore
  const sample = request.full ? allOf(sources) : sampleOf(sources);
  const isExact = sample.middle.length === 0;
  const before = files.map((log) => new TailSample(log, log.stat.size));
  const recent = by === null ? null : recentPart(await spanOfLog(sources, rules.now));
  const grouping = by && {
    by,
    recent: recent ?? { from: Infinity, to: -Infinity },
    onDrop: collectGarbage,
  };
  const reader = new LineReader({ cutoff: ageCutoff(rules), horizon: rules.now + FUTURE_SECONDS });
  const phases = phasesOf(request);
  const planned = [...sample.ends, ...sample.middle];
  const tick = phases('scan', planned.reduce((sum, { start, end }) => sum + end - start, 0)); // prettier-ignore
  const look = (stretches: Stretch[]) => lookAt(stretches, sources, { grouping, reader, tick });
  const ends = await look(sample.ends);
  const middle = await look(sample.middle);
  for (const one of before) one.assertUnchanged();

  const unterminated = active ? active.stat.size - ends.ends.at(-1)! : 0;
  const total = sources.reduce((sum, { from, to }) => sum + to - from, 0);
  const [atEnds, between] = [bytesOf(ends), bytesOf(middle)];
  const times = between === 0 ? 0 : (total - unterminated - atEnds) / between;
  const parts = sources.map((_, at) => added(added(noSums(0), ends.sums[at]!, 1), middle.sums[at]!, times)); // prettier-ignore
  const all = added(noSums(0), parts, 1);
  const census = isExact ? ends.census.sums() : combined(ends.census.sums(), middle.census.sums(), times); // prettier-ignore
  // Without a whole line in between there is nothing to go by.
  const known = isExact || between > 0;
  const count = (lines: number) => (known ? Math.round(lines) : null);
  const expired = isExact
    ? await exactExpiry(sources.map(({ log }, at) => ({ file: log, sums: ends.sums[at]! })), rules, phases()) // prettier-ignore
    : estimate(all, rules);
  const top = grouping && topOf(census, { by: grouping.by, limit, recent });
  return {
    status: 'inspected',
    sample: isExact ? null : sampled(atEnds + between, total),
    records: {
      total: count(readable(all)),
      undated: count(all.lines.undated),
      unreadable: count(all.lines.unreadable),
      future: count(all.future),
      ...timesOf(census),
      by_kind: known ? kindsOf(census) : [],
    },
    bytes: {
      total: files.reduce((sum, { stat }) => sum + stat.size, 0),
      allocated: files.reduce((sum, { stat }) => sum + stat.blocks * SPACE_UNIT, 0),
      unterminated,
    },
    expired: known ? expired : null,
    parts: sources.map((source, at) => partOf(source, parts[at]!, known)),
    top,
    leftovers: leftoversOf(names),
    warnings: [...slowerWarning(reader), ...(known ? [] : [NOTHING_SEEN]), ...topWarnings(top)],
  };
}

const NOTHING_SEEN =
  'no whole line was in the sample between the two ends: the lines are too long for it; use --full';

function sampled(read: number, total: number): StoreInspection['sample'] {
  const how = `the first and the last ${END_BYTES >> 20} MiB, and ${BLOCKS} blocks of ${BLOCK_BYTES >> 10} KiB in between`; // prettier-ignore
  return { unit: 'bytes', read, total, share_percent: (100 * read) / total, how };
}

interface LookTask {
  grouping: GroupingRequest | null;
  reader: LineReader;
  tick: Tick;
}

/** Reads the lines that begin in some stretches of the log. */
async function lookAt(
  stretches: readonly Stretch[],
  sources: readonly Source[],
  { grouping, reader, tick }: LookTask,
): Promise<Seen> {
  const census = new Census(grouping);
  const seen: Seen = { census, sums: sources.map(() => []), ends: sources.map(({ from }) => from) };
  for (const { file, start, end } of stretches) {
    const source = sources[file]!;
    const { log, from, to, ended } = source;
    const first = start === from ? from : lineAtOrBehind(log, start, end, LOOK_BYTES);
    if (first === end) continue;
    const last =
      end === to ? to : lineAtOrBehind(log, end, Math.min(to, end + LINE_BYTES), LOOK_BYTES);
    await readRecords({
      file: log,
      from: first,
      to: last,
      reader,
      ended: ended && last === to,
      tick,
      onSums: (sums) => {
        seen.sums[file]!.push(sums);
        seen.ends[file] = sums.end;
      },
      onRecord: (record, bytes) => census.add(record, bytes),
    });
  }
  return seen;
}

/** Adds sums to others, so many times. */
function added(total: Sums, more: readonly Sums[], times: number): Sums {
  for (const sums of more) {
    for (const category of CATEGORIES) {
      total.lines[category] += sums.lines[category] * times;
      total.bytes[category] += sums.bytes[category] * times;
    }
    total.future += sums.future * times;
    total.oldest = earlier(total.oldest, sums.oldest);
    total.newest = later(total.newest, sums.newest);
  }
  return total;
}

function bytesOf({ sums }: Seen): number {
  return sums.flat().reduce((total, { start, end }) => total + end - start, 0);
}

function readable({ lines }: Sums): number {
  return lines.live + lines.expired + lines.undated;
}

function estimate(all: Sums, rules: RetentionRules): Expiry {
  const { lines, bytes } = blockOf(all, statusesOf(rules));
  const tally = (which: 'expired' | 'live') => ({ records: lines[which], bytes: bytes[which] });
  return estimatedExpiry(tally('expired'), tally('live'), rules);
}

function partOf({ log }: Source, sums: Sums, known: boolean): InspectedPart {
  return {
    name: basename(log.path),
    records: known ? Math.round(readable(sums)) : null,
    bytes: log.stat.size,
    allocated: log.stat.blocks * SPACE_UNIT,
    oldest: isoOrNull(sums.oldest),
    newest: isoOrNull(sums.newest),
  };
}

function leftoversOf(names: LogNames): Leftover[] {
  const ours = leftBy(names).map(({ path, changed }) => ({ name: basename(path), changed, of: 'papyra' as const })); // prettier-ignore
  const others = runtimeTemps(names).map(({ name, changed }) => ({ name, changed, of: 'runtime' as const })); // prettier-ignore
  return [...ours, ...others].map((one) => ({ ...one, changed: one.changed.toISOString() }));
}
