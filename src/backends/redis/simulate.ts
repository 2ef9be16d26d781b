// Simulates limits on streams, in one pass over their entries.
//
// Only the head of a stream can go: its entries up to the first one that is younger than the age limit, and those that
// count or size take. The first pass sums up about a thousand entries at a time; where count or size cut, such a page
// is read again. What a consumer group still needs stays, whatever the limits say.
import type { Candidate } from '../../forecast/candidates.js';
import type { SimulatedLimit, StoreSimulation } from '../../report/simulation.js';
import { ageCutoff, cutBy, type RetentionRules, type Tally } from '../../retention/policy.js';
import type { SimulateRequest } from '../backend.js';
import { findStreams } from './discover.js';
import { entries, timeOf } from './entries.js';
import { neededEntry } from './groups.js';
import { isBefore, secondsOf } from './ids.js';
import type { StreamLocation } from './nodes.js';
import { wordedFailure } from './run.js';
import type { Session } from './session.js';
import { readState } from './stream.js';

const PAGE_ENTRIES = 1000;

/** Consecutive entries of a stream. */
interface Page extends Tally {
  first: string;
  last: string;
  oldest: number;
  newest: number;
  /** Of each cutoff: the entries that are not older. */
  live: Tally[];
}

interface Stream {
  place: StreamLocation;
  pages: Page[];
  /** Entries before the first one that a group needs; Infinity: none does. */
  floor: number;
}

/** The entries that go, from the head. */
interface Head extends Tally {
  /** Seconds since 1970 of the oldest entry that stays; NaN: none does. */
  oldest: number;
}

export async function simulateStreams(
  session: Session,
  request: SimulateRequest,
): Promise<StoreSimulation> {
  // prettier-ignore
  const { rules, candidatesFor } = request;
  const { places, failures } = await findStreams(session);
  if (failures[0]) throw wordedFailure(failures[0].error, session);
  const states = await Promise.all(places.map((place) => readState(session, place)));
  const total = states.reduce((sum, state) => sum + (state?.length ?? 0), 0);
  const first = states.flatMap((state) => (state?.first ? secondsOf(state.first) : []));
  // The limits to try are chosen before the entries are read, so that one pass is enough. Sizes are not known then.
  const size = states.reduce((sum, state) => sum + (state?.length ?? 0) * (state?.largest ?? 0), 0);
  const candidates = candidatesFor({ records: total, bytes: size, oldest: Math.min(...first) });
  const cutoffs = [...new Set(candidates.map(({ policy }) => ageCutoff({ ...rules, ...policy })))];
  const streams: Stream[] = [];
  let done = 0;
  const onEntry = () =>
    request.onProgress?.({ phase: 'scan', unit: 'entries', done: ++done, total });
  for (const [at, place] of places.entries()) {
    const state = states[at];
    if (!state?.first || !state.last) continue;
    const floor = await neededEntry(session, place, state, request.ignoreGroups);
    const range = { from: state.first, to: state.last };
    streams.push(await readPages(session, place, range, cutoffs, floor?.id, onEntry));
  }
  const all = streams.flatMap(({ pages }) => pages);
  const sum = { records: sumOf(all, 'records'), bytes: sumOf(all, 'bytes') };
  const limits: SimulatedLimit[] = [];
  for (const candidate of candidates) {
    const ruled = { ...rules, ...candidate.policy };
    const heads: Head[] = [];
    for (const stream of streams) heads.push(await headOf(session, stream, ruled, cutoffs.indexOf(ageCutoff(ruled)))); // prettier-ignore
    limits.push(limitOf(candidate, heads, sum));
  }
  return {
    source: 'entries',
    ...sum,
    bytes_read: sum.bytes,
    oldest: iso(least(all.map(({ oldest }) => oldest))),
    newest: iso(-least(all.map(({ newest }) => -newest))),
    limits,
    warnings: [],
  };
}

async function readPages(
  session: Session,
  place: StreamLocation,
  range: { from: string; to: string },
  cutoffs: readonly number[],
  floor: string | undefined,
  onEntry: () => void,
): Promise<Stream> {
  const stream: Stream = { place, pages: [], floor: Infinity };
  let seen = 0;
  let page: Page | undefined;
  for await (const entry of entries(session, place, range)) {
    const { id, data } = entry;
    const time = timeOf(entry);
    const bytes = data?.length ?? 0;
    if (stream.floor === Infinity && floor !== undefined && !isBefore(id, floor))
      stream.floor = seen;
    if (!page || page.records === PAGE_ENTRIES) {
      const live = cutoffs.map(() => ({ records: 0, bytes: 0 }));
      page = { first: id, last: id, records: 0, bytes: 0, oldest: time, newest: time, live };
      stream.pages.push(page);
    }
    for (const [at, cutoff] of cutoffs.entries()) {
      if (time < cutoff) continue;
      const live = page.live[at]!;
      live.records += 1;
      live.bytes += bytes;
    }
    page.last = id;
    page.records += 1;
    page.bytes += bytes;
    page.oldest = Math.min(page.oldest, time);
    page.newest = Math.max(page.newest, time);
    seen += 1;
    onEntry();
  }
  return stream;
}

/** `cutoff`: its number in `live`. */
async function headOf(
  session: Session,
  { place, pages, floor }: Stream,
  rules: RetentionRules,
  cutoff: number,
): Promise<Head> {
  // prettier-ignore
  const live = pages.map((page) => page.live[cutoff]!);
  const total = { records: sumOf(live, 'records'), bytes: sumOf(live, 'bytes') };
  const older: Tally = { records: 0, bytes: 0 };
  let before = 0;
  for (const [at, page] of pages.entries()) {
    const through = { records: older.records + live[at]!.records, bytes: older.bytes + live[at]!.bytes }; // prettier-ignore
    // All of a page goes when nothing in it is live, or when the next live entry after it goes, too.
    const isWhole = live[at]!.records === 0 || cutBy(through, total, rules) !== null;
    const going = isWhole ? page.records : await goingIn(session, place, page, { older, total, rules }); // prettier-ignore
    if (isWhole) Object.assign(older, through);
    before += going;
    if (going < page.records) break;
  }
  return cutAt(session, place, pages, Math.min(before, floor));
}

/** How many entries at the start of a page go. */
async function goingIn(
  session: Session,
  place: StreamLocation,
  { first, last }: Page,
  { older, total, rules }: { older: Tally; total: Tally; rules: RetentionRules },
): Promise<number> {
  let going = 0;
  for await (const entry of entries(session, place, { from: first, to: last })) {
    if (timeOf(entry) >= ageCutoff(rules)) {
      if (cutBy(older, total, rules) === null) return going;
      older.records += 1;
      older.bytes += entry.data?.length ?? 0;
    }
    going += 1;
  }
  return going;
}

/** Adds up the first `going` entries. */
async function cutAt(
  session: Session,
  place: StreamLocation,
  pages: readonly Page[],
  going: number,
): Promise<Head> {
  // prettier-ignore
  const head: Head = { records: going, bytes: 0, oldest: NaN };
  const kept: number[] = [];
  let before = 0;
  for (const page of pages) {
    const inPage = Math.min(page.records, Math.max(0, going - before));
    before += page.records;
    if (inPage === page.records) head.bytes += page.bytes;
    else if (inPage === 0) kept.push(page.oldest);
    else {
      let at = 0;
      for await (const entry of entries(session, place, { from: page.first, to: page.last })) {
        if (at++ < inPage) head.bytes += entry.data?.length ?? 0;
        else kept.push(timeOf(entry));
      }
    }
  }
  return { ...head, oldest: least(kept) };
}

function limitOf(
  { limit, value, flag, inForce }: Candidate,
  heads: readonly Head[],
  all: Tally,
): SimulatedLimit {
  // prettier-ignore
  const going = { records: sumOf(heads, 'records'), bytes: sumOf(heads, 'bytes') };
  return {
    limit,
    value,
    flag,
    in_force: inForce,
    exact: true,
    kept_records: all.records - going.records,
    kept_bytes: all.bytes - going.bytes,
    dropped_records: going.records,
    dropped_bytes: going.bytes,
    dropped_percent: all.bytes === 0 ? 0 : (100 * going.bytes) / all.bytes,
    oldest_kept: iso(least(heads.map(({ oldest }) => oldest))),
  };
}

function sumOf(parts: readonly Tally[], what: keyof Tally): number {
  return parts.reduce((sum, part) => sum + part[what], 0);
}

/** NaN: there is no number among them. */
function least(values: readonly number[]): number {
  return values.reduce((found, one) => (found <= one || Number.isNaN(one) ? found : one), NaN);
}

function iso(seconds: number): string | null {
  const date = new Date(Math.floor(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
