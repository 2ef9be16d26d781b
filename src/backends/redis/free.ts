// Decides what goes from streams to free memory: the oldest entries, whichever stream they are in. It only reads.
//
// What an entry takes is not known: it is taken to be the bytes of its values. The server's lists take a little more,
// and its allocator rounds up. But a trim frees whole nodes only, so one node of each stream is left out of the sum.
import { interruption, PapyraError } from '../../errors/errors.js';
import { durationText } from '../../units/units.js';
import { ageCutoff, type FreeRule } from '../../retention/policy.js';
import type { PlanRequest } from '../backend.js';
import { entries, timeOf, type Entry } from './entries.js';
import type { Found } from './discover.js';
import { neededEntry, type NeededEntry } from './groups.js';
import { idAfter, isBefore } from './ids.js';
import { infoField, memoryInfo } from './info.js';
import type { StreamLocation } from './nodes.js';
import { freeing, hasEntries, type FilledState, type StreamPlan } from './plan-stream.js';
import type { Session } from './session.js';
import { wordedFailure } from './run.js';
import { memoryOf, readState } from './stream.js';

/** Bytes of a node, unless the server is configured otherwise (stream-node-max-bytes). */
const NODE_BYTES = 4096;
/** Bytes that the pages of all streams may take together, and the most and the least that one may. */
const PAGES_BYTES = 4 << 20;
const MOST_PAGE_BYTES = 256 * 1024;
const LEAST_PAGE_BYTES = 4096;

/** One stream: a plan; null: there is nothing in it; or why there is neither. */
export type Look = { place: StreamLocation } & ({ plan: StreamPlan | null } | { error: unknown });

type FreeRequest = PlanRequest & { rules: { free: FreeRule } };

/** A stream of which the oldest entry may go next. */
interface Candidate {
  place: StreamLocation;
  state: FilledState;
  floor: NeededEntry | null;
  began: number;
  rest: AsyncGenerator<Entry>;
  next: Entry | undefined;
  /** When that was written. */
  time: number;
  /** Why `next` or what is behind it may not go. */
  why?: string;
  taken: number;
  error?: unknown;
}

/** @throws {PapyraError} `refused` when it cannot be enough. */
export async function planFreeing(
  session: Session,
  target: string,
  { places, failures }: Found,
  request: FreeRequest,
): Promise<{ looks: Look[]; way: string }> {
  const { bytes } = request.rules.free;
  const page = Math.floor(PAGES_BYTES / Math.max(1, places.length));
  const pageBytes = Math.min(MOST_PAGE_BYTES, Math.max(LEAST_PAGE_BYTES, page));
  const looks: Look[] = [];
  const candidates: Candidate[] = [];
  for (const place of places) {
    const found = await candidateAt(session, place, request, pageBytes);
    if ('rest' in found) candidates.push(found);
    else looks.push(found);
  }
  const sum = await take(candidates, bytes, request);
  if (sum < bytes) {
    const failed = looks.flatMap((look) => 'error' in look ? `${look.place.key}: ${wordedFailure(look.error, session).message}` : []); // prettier-ignore
    const unsearched = failures.map(({ error }) => wordedFailure(error, session).message);
    const kept = candidates.flatMap(({ why }) => why ?? []);
    throw notEnough(target, request, Math.max(0, sum), [...unsearched, ...failed, ...kept]);
  }
  for (const one of candidates) looks.push(await lookOf(session, one, request));
  const way = `the oldest entries of all streams, ${sum} bytes of values; the server's allocator decides what that frees`; // prettier-ignore
  return { looks, way };
}

async function candidateAt(
  session: Session,
  place: StreamLocation,
  request: FreeRequest,
  pageBytes: number,
): Promise<Candidate | Look> {
  const began = Date.now();
  try {
    const state = await readState(session, place);
    if (state === null || !hasEntries(state)) return { place, plan: null };
    const floor = await neededEntry(session, place, state, request.ignoreGroups);
    const rest = entries(session, place, { from: state.first, to: state.last, pageBytes });
    const candidate: Candidate = {
      place,
      state,
      floor,
      began,
      rest,
      next: undefined,
      time: NaN,
      taken: 0,
    };
    await goOn(candidate, request);
    return candidate;
  } catch (error) {
    return { place, error };
  }
}

/** Takes the oldest entries until the sum is enough, or none may go. */
async function take(
  candidates: readonly Candidate[],
  bytes: number,
  request: FreeRequest,
): Promise<number> {
  let sum = 0;
  while (sum < bytes) {
    if (request.signal?.aborted) throw interruption(request.signal);
    const waiting = candidates.filter(mayGo);
    if (waiting.length === 0) return sum;
    const [oldest, second] = twoOldest(waiting);
    // Many entries of one stream may be older than the first of any other.
    const until = second ? second.time : Infinity;
    do {
      if (oldest.taken === 0) sum -= NODE_BYTES;
      sum += valuesOf(oldest.next!);
      oldest.taken += 1;
      await goOn(oldest, request);
    } while (sum < bytes && mayGo(oldest) && oldest.time <= until);
  }
  return sum;
}

function mayGo({ next, why }: Candidate): boolean {
  return next !== undefined && why === undefined;
}

function twoOldest(waiting: readonly Candidate[]): [Candidate, Candidate | undefined] {
  let [first, second]: [Candidate, Candidate | undefined] = [waiting[0]!, undefined];
  for (const one of waiting.slice(1)) {
    if (one.time < first.time) [first, second] = [one, first];
    else if (!second || one.time < second.time) second = one;
  }
  return [first, second];
}

async function goOn(candidate: Candidate, { rules }: FreeRequest): Promise<void> {
  const { rest, floor, place } = candidate;
  let value: Entry | undefined;
  try {
    value = ((await rest.next()) as IteratorResult<Entry, undefined>).value;
  } catch (error) {
    // A stream that cannot be read stops no other.
    candidate.error = error;
    candidate.why = `${place.key} cannot be read`;
    return;
  }
  candidate.next = value;
  if (value === undefined) return;
  candidate.time = timeOf(value);
  if (floor !== null && !isBefore(value.id, floor.id)) {
    candidate.why = `${place.key}: consumer group '${floor.group}' needs ${floor.id} and what is behind it (--ignore-group)`; // prettier-ignore
  } else if (candidate.time >= ageCutoff(rules)) {
    const floorText = durationText(rules.free.minAgeSeconds);
    const is = candidate.time > rules.now ? 'dated ahead' : `younger than --min-age ${floorText}`;
    candidate.why = `${place.key}: entry ${value.id} is ${is}`;
  }
}

/** The name of a field takes nothing where it is that of the entry before. */
function valuesOf({ fields }: Entry): number {
  return fields.reduce((sum, { length }, index) => sum + (index % 2 === 1 ? length : 0), 0);
}

async function lookOf(
  session: Session,
  { place, state, next, taken, began, error }: Candidate,
  { rules }: FreeRequest,
): Promise<Look> {
  if (error !== undefined) return { place, error };
  try {
    const before = next?.id ?? idAfter(state.last);
    const cuts = taken === 0 ? [] : [{ of: 'age' as const, before }];
    const plan = {
      ...place,
      ...{ rules, state, cuts, behind: [], floor: null, held: 0 },
      counted: { age: taken, tail: 0 },
      empties: next === undefined,
      memory: await memoryOf(session, place),
      planMs: Date.now() - began,
    };
    return { place, plan: freeing(plan, state) };
  } catch (error) {
    return { place, error };
  }
}

function notEnough(
  target: string,
  { rules }: FreeRequest,
  most: number,
  reasons: readonly string[],
): PapyraError {
  const some = reasons.slice(0, 3).join('; ') || 'there is no more that may go';
  const more = reasons.length > 3 ? `; and ${reasons.length - 3} more` : '';
  const amount = most > 0 ? `at most about ${most} can be freed` : 'nothing can be freed';
  return new PapyraError(
    'refused',
    `cannot free ${rules.free.bytes} bytes of ${target}: ${amount}; ${some}${more}`,
    { hint: `nothing was done; ${most > 0 ? `ask for less (--free ${most}), or ` : ''}lower --min-age` }, // prettier-ignore
  );
}

/** Bytes that the masters of some streams use in all; null: a user may not ask. */
export async function usedMemory(
  session: Session,
  nodes: readonly string[],
): Promise<number | null> {
  let sum = 0;
  for (const node of new Set(nodes)) {
    const used = infoField(await memoryInfo(session, node), 'used_memory');
    if (used === null) return null;
    sum += Number(used);
  }
  return sum;
}
