// Inspects the streams of a store: what is in them, what fills them, and what would go now.
import { isoOrNull, kindsOf, timesOf, topOf, topWarnings } from '../../log/census-report.js';
import { collectGarbage } from '../../units/collector.js';
import { recentPart, type Span } from '../../log/recent.js';
import { FUTURE_SECONDS } from '../../log/totals.js';
import { Census, combined, type CensusSums, type GroupingRequest } from '../../records/census.js';
import { FieldReader } from '../../records/fields.js';
import type { InspectedPart, StoreInspection } from '../../report/inspection.js';
import { estimatedExpiry, type Expiry } from '../../retention/estimate.js';
import { ageCutoff, type RetentionRules, type Tally } from '../../retention/policy.js';
import type { InspectRequest, Plan, PlanRequest } from '../backend.js';
import { findStreams } from './discover.js';
import { entries, recordOf, type Entry } from './entries.js';
import { groupsOf } from './groups.js';
import { idAfter, idBefore, idValue, isBefore, secondsOf } from './ids.js';
import type { StreamLocation } from './nodes.js';
import { perNode, wordedFailure } from './run.js';
import type { Session } from './session.js';
import { memoryOf, readState } from './stream.js';

/** Short reads, of one master at a time. */
const READS_PER_NODE = 8;

/** Of all streams together: so many entries, and bytes, are read at each end, and so many places in between. */
const END_ENTRIES = 5000;
const END_BYTES = 8 << 20;
const PROBES = 64;
/** Entries that are read in each place. */
const PROBE_ENTRIES = 20;

/** A stream with entries, as it was at the beginning. */
interface Stream extends StreamLocation {
  length: number;
  first: string;
  last: string;
  part: InspectedPart;
}

/** Entries that were read. */
class Seen {
  readonly census: Census;
  read = 0;
  bytes = 0;
  undated = 0;
  unreadable = 0;
  future = 0;
  readonly expired: Tally = { records: 0, bytes: 0 };
  readonly live: Tally = { records: 0, bytes: 0 };
  readonly #fields = new FieldReader();
  readonly rules: RetentionRules;

  constructor(grouping: GroupingRequest | null, rules: RetentionRules) {
    this.census = new Census(grouping);
    this.rules = rules;
  }

  add(entry: Entry): void {
    const { id, data } = entry;
    const { kind, timestamp } = recordOf(entry);
    const time = kind === 'record' ? timestamp : secondsOf(id);
    const bytes = data?.length ?? 0;
    const tally = time < ageCutoff(this.rules) ? this.expired : this.live;
    tally.records += 1;
    tally.bytes += bytes;
    this.read += 1;
    this.bytes += bytes;
    if (kind === 'unreadable' || kind === 'blank') {
      this.unreadable += 1;
      return;
    }
    if (kind === 'undated') this.undated += 1;
    if (time > this.rules.now + FUTURE_SECONDS) this.future += 1;
    this.#fields.begin();
    this.#fields.push(data!, 0, data!.length);
    this.census.add(this.#fields, bytes, time);
  }
}

/** `plan`: of a compaction. */
export async function inspectStreams(
  session: Session,
  request: InspectRequest,
  plan: (how: PlanRequest) => Promise<Plan>,
): Promise<StoreInspection> {
  const { rules, by, limit } = request;
  const streams = await findFilled(session);
  const recent = by === null ? null : recentPart(spanOf(streams, rules.now));
  const grouping = by && {
    by,
    recent: recent ?? { from: Infinity, to: -Infinity },
    onDrop: collectGarbage,
  };
  const total = streams.reduce((sum, { length }) => sum + length, 0);
  const most = 2 * END_ENTRIES + PROBES * PROBE_ENTRIES;
  const progress = { done: 0, total: request.full ? total : Math.min(total, most) };
  const onEntry = (): void => {
    progress.done += 1;
    request.onProgress?.({ phase: 'scan', unit: 'entries', ...progress });
  };
  const seen = () => new Seen(grouping, rules);
  const all = seen();
  const sums = await readStreams(session, streams, { full: request.full || total <= most, all, seen, onEntry }); // prettier-ignore
  const { isExact, census } = sums;
  const top = grouping && topOf(census, { by: grouping.by, limit, recent });
  const memory = streams.map(({ part }) => part.allocated);
  return {
    status: 'inspected',
    sample: isExact ? null : { unit: 'entries', read: sums.read, total, share_percent: (100 * sums.read) / total, how: SAMPLE }, // prettier-ignore
    records: {
      total: Math.round((isExact ? sums.read : total) - sums.unreadable),
      undated: Math.round(sums.undated),
      unreadable: Math.round(sums.unreadable),
      future: Math.round(sums.future),
      ...timesOf(census),
      by_kind: kindsOf(census),
    },
    bytes: {
      total: Math.round(sums.bytes),
      allocated: memory.includes(null) ? null : memory.reduce<number>((sum, one) => sum + one!, 0),
      unterminated: null,
    },
    expired: isExact ? await dryRun(request, plan) : sums.expired,
    parts: streams.map(({ part }) => part),
    top,
    leftovers: [],
    warnings: topWarnings(top),
  };
}

const SAMPLE = `up to ${END_ENTRIES} entries at both ends of the streams, and some in ${PROBES} places in between`;

/** What the dry run of a compaction says. */
async function dryRun(
  { rules, signal }: InspectRequest,
  plan: (how: PlanRequest) => Promise<Plan>,
): Promise<StoreInspection['expired']> {
  const how = { rules, dryRun: true, allowEmpty: true, lockWaitMs: 0, inPlace: false, offline: false, signal } as const; // prettier-ignore
  const planned = await plan(how);
  await planned.close();
  const { report } = planned;
  const { dropped, dropped_by } = report.records;
  const { age, count, size } = dropped_by;
  return { records: dropped, bytes: report.bytes.reclaimed, by: { age, count, size } };
}

async function findFilled(session: Session): Promise<Stream[]> {
  const { places, failures } = await findStreams(session);
  if (failures[0]) throw wordedFailure(failures[0].error, session);
  const onNode = perNode(READS_PER_NODE);
  const found = await Promise.all(places.map((place) => onNode(place.node, () => streamAt(session, place)))); // prettier-ignore
  return found.filter((stream) => stream !== null);
}

async function streamAt(session: Session, place: StreamLocation): Promise<Stream | null> {
  const state = await readState(session, place);
  if (!state?.first || !state.last) return null;
  const groups = await groupsOf(session, place, state);
  const { length, first, last } = state;
  const part = {
    name: place.key,
    records: length,
    bytes: null,
    allocated: await memoryOf(session, place),
    oldest: isoOrNull(secondsOf(first)),
    newest: isoOrNull(secondsOf(last)),
    groups: groups.map(({ name, consumers, pending, lag }) => ({ name, consumers, pending, lag })),
  };
  return { ...place, length, first, last, part };
}

/** By ids. What is more than a day ahead is the fault of a clock, and left out. */
function spanOf(streams: readonly Stream[], now: number): Span {
  const times = streams
    .flatMap(({ first, last }) => [secondsOf(first), secondsOf(last)])
    .filter((time) => time <= now + FUTURE_SECONDS);
  return { from: Math.min(...times), to: Math.max(...times) };
}

interface Reading {
  full: boolean;
  all: Seen;
  seen: () => Seen;
  onEntry: () => void;
}

interface Sums {
  isExact: boolean;
  census: CensusSums;
  read: number;
  bytes: number;
  undated: number;
  unreadable: number;
  future: number;
  expired: Expiry;
}

/** Adds up all streams: those that were read as they are, those that were not scaled up by entries. */
async function readStreams(
  session: Session,
  streams: readonly Stream[],
  { full, all, seen, onEntry }: Reading,
): Promise<Sums> {
  const sums: Sums = {
    isExact: true,
    census: all.census.sums(),
    read: 0,
    bytes: 0,
    undated: 0,
    unreadable: 0,
    future: 0,
    expired: { records: 0, bytes: 0, by: { age: 0, count: 0, size: 0 } },
  };
  const add = (one: Seen, times: number): void => {
    sums.read += one.read;
    for (const what of ['bytes', 'undated', 'unreadable', 'future'] as const) sums[what] += one[what] * times; // prettier-ignore
  };
  for (const stream of streams) {
    if (full) {
      const before = all.bytes;
      for await (const entry of entries(session, stream, { from: stream.first, to: stream.last })) {
        all.add(entry);
        onEntry();
      }
      stream.part.bytes = all.bytes - before;
      continue;
    }
    sums.isExact = false;
    const [ends, middle] = [seen(), seen()];
    const between = await readSample(session, stream, 1 / streams.length, { ends, middle, onEntry }); // prettier-ignore
    const times = middle.read === 0 ? 0 : between / middle.read;
    sums.census = combined(combined(sums.census, ends.census.sums(), 1), middle.census.sums(), times); // prettier-ignore
    add(ends, 1);
    add(middle, times);
    stream.part.bytes = Math.round(ends.bytes + middle.bytes * times);
    const both = (which: 'expired' | 'live'): Tally => ({
      records: ends[which].records + middle[which].records * times,
      bytes: ends[which].bytes + middle[which].bytes * times,
    });
    const { records, bytes, by } = estimatedExpiry(both('expired'), both('live'), ends.rules);
    sums.expired.records += records;
    sums.expired.bytes += bytes;
    for (const limit of ['age', 'count', 'size'] as const) sums.expired.by[limit] += by[limit];
  }
  if (full) {
    add(all, 1);
    sums.census = all.census.sums();
  }
  return sums;
}

/** Returns how many entries there are between the ends. `share`: of what is read of all streams. */
async function readSample(
  session: Session,
  { key, node, first, last, length }: Stream,
  share: number,
  { ends, middle, onEntry }: { ends: Seen; middle: Seen; onEntry: () => void },
): Promise<number> {
  const place = { key, node };
  const atEnd = async (range: { from: string; to: string; newestFirst: boolean }) => {
    const [entriesBefore, bytesBefore] = [ends.read, ends.bytes];
    let id: string | undefined;
    const limit = Math.max(1, Math.ceil(END_ENTRIES * share));
    for await (const entry of entries(session, place, { ...range, limit })) {
      ends.add(entry);
      onEntry();
      id = entry.id;
      if (ends.bytes - bytesBefore > END_BYTES * share) break;
    }
    return ends.read === entriesBefore ? undefined : id;
  };
  const head = await atEnd({ from: first, to: last, newestFirst: false });
  if (head === undefined || !isBefore(head, last)) return 0;
  const tail = await atEnd({ from: last, to: idAfter(head), newestFirst: true });
  if (tail === undefined || ends.read >= length) return 0;
  const to = idBefore(tail);
  const span = idValue(tail) - idValue(head);
  const probes = Math.max(1, Math.ceil(PROBES * share));
  let from = idAfter(head);
  for (let probe = 0; probe < probes; probe++) {
    const at = idValue(head) + (span * BigInt(2 * probe + 1)) / BigInt(2 * probes);
    const wanted = `${at >> 64n}-0`;
    if (isBefore(from, wanted)) from = wanted;
    if (isBefore(to, from)) break;
    for await (const entry of entries(session, place, { from, to, limit: PROBE_ENTRIES })) {
      middle.add(entry);
      onEntry();
      from = idAfter(entry.id);
    }
  }
  return length - ends.read;
}
