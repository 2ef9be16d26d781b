// Decides what goes from one stream. It only reads.
import { PapyraError } from '../../errors/errors.js';
import { ageCutoff, type RetentionRules } from '../../retention/policy.js';
import type { PlanRequest } from '../backend.js';
import { ageCut } from './age.js';
import { entries, timeOf } from './entries.js';
import { neededEntry, type NeededEntry } from './groups.js';
import { earliest, idAfter, isBefore } from './ids.js';
import type { StreamLocation } from './nodes.js';
import type { Session } from './session.js';
import { tailCut } from './size.js';
import { memoryOf, readState, sameHead, type StreamState } from './stream.js';

/** Takes all entries before an id, or all but the newest. `of`: the age limit, or the limits on what that leaves. */
export type Cut = { of: 'age' | 'tail'; before: string } | { of: 'tail'; newest: number };

/** The state of a stream that has entries. */
export type FilledState = StreamState & { first: string; last: string };

/** Numbers of entries that go, by the cut that takes them. */
export interface Taken {
  age: number;
  tail: number;
}

export interface StreamPlan extends StreamLocation {
  rules: RetentionRules;
  state: FilledState;
  /** In the order in which they are made. */
  cuts: Cut[];
  /** Ids of expired entries that were seen behind a live one. */
  behind: string[];
  /** The entry that a consumer group still needs, where that holds a cut back. */
  floor: NeededEntry | null;
  /** What goes, where every entry of it was read; null: only the trim will tell. */
  counted: Taken | null;
  /** Expired entries that the group holds back. */
  held: number;
  /** Whether no entry would be left. */
  empties: boolean;
  memory: number | null;
  planMs: number;
}

/** A stream whose head moves while it is counted is planned anew so many times. */
const ATTEMPTS = 3;

/** null: there is no such stream, or it is empty. */
export async function planStream(
  session: Session,
  place: StreamLocation,
  request: PlanRequest,
): Promise<StreamPlan | null> {
  const began = Date.now();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const state = await readState(session, place);
    if (state === null || !hasEntries(state)) return null;
    const plan = freeing(await decide(session, place, state, request), state);
    // Numbers counted from the head are wrong when somebody else has trimmed it meanwhile.
    if (plan.counted === null || sameHead(state, await readState(session, place))) {
      return { ...plan, memory: await memoryOf(session, place), planMs: Date.now() - began };
    }
  }
  throw new PapyraError('try_again', `${place.key} is being trimmed by somebody else`, {
    hint: 'nothing was done to it; run again later',
  });
}

/**
 * Where all goes, the bound is after the last id that was given, and not after the last entry: else a node whose last
 * entries were deleted would stay, empty, and keep its memory. Entries that are added meanwhile have larger ids.
 */
export function freeing<T extends { cuts: Cut[] }>(
  plan: T,
  { last, lastGenerated }: StreamState,
): T {
  const cuts = plan.cuts.map((cut) => {
    const isAll = 'before' in cut && last !== null && isBefore(last, cut.before);
    const behind = idAfter(lastGenerated);
    return isAll && isBefore(cut.before, behind) ? { ...cut, before: behind } : cut;
  });
  return { ...plan, cuts };
}

export function hasEntries(state: StreamState): state is FilledState {
  return state.length > 0 && state.first !== null && state.last !== null;
}

async function decide(
  session: Session,
  place: StreamLocation,
  state: StreamPlan['state'],
  request: PlanRequest,
): Promise<Omit<StreamPlan, 'memory' | 'planMs'>> {
  const { rules } = request;
  const age =
    rules.max_age_seconds === null
      ? { before: state.first, behind: [] }
      : await ageCut(session, place, state, ageCutoff(rules));
  const cuts: Cut[] = [];
  if (isBefore(state.first, age.before)) cuts.push({ of: 'age', before: age.before });
  const tail = await cutOfTail(session, place, state, age.before, rules);
  if (tail) cuts.push(tail);
  const floor = await neededEntry(session, place, state, request.ignoreGroups);
  const { behind } = age;
  const plan = { ...place, rules, state, cuts, behind, floor: null, counted: null, held: 0 };
  if (cuts.some((cut) => isHeldBack(cut, floor) || mustBeRead(cut, state, session, request))) {
    const read = await readOff(session, { ...plan, floor });
    return { ...plan, ...read, empties: read.held === 0 && takesAll(read.cuts, state) };
  }
  return { ...plan, empties: takesAll(cuts, state) };
}

/**
 * Whether all entries that a cut takes are read before: for a preview or an archive; to prove that each of them has
 * expired, where the trim is exact; and where the server cannot count what was added (before Redis 7).
 */
function mustBeRead(
  cut: Cut,
  { added }: StreamState,
  { store }: Session,
  { rules, dryRun, archive }: PlanRequest,
): boolean {
  if (dryRun || archive !== undefined) return true;
  return 'newest' in cut ? added === null : rules.max_age_seconds !== null && !store.approx;
}

function isHeldBack(cut: Cut, floor: NeededEntry | null): boolean {
  return floor !== null && ('newest' in cut || isBefore(floor.id, cut.before));
}

function takesAll(cuts: readonly Cut[], { last }: StreamPlan['state']): boolean {
  return cuts.some((cut) => 'before' in cut && isBefore(last, cut.before));
}

/** The server can apply a count alone. With another limit the live entries are read. */
async function cutOfTail(
  session: Session,
  place: StreamLocation,
  { length, last }: StreamPlan['state'],
  oldest: string,
  rules: RetentionRules,
): Promise<Cut | null> {
  const { max_age_seconds, max_records, max_total_bytes } = rules;
  const few = max_records === null || length <= max_records;
  if ((few && max_total_bytes === null) || isBefore(last, oldest)) return null;
  if (max_age_seconds === null && max_total_bytes === null) {
    return { of: 'tail', newest: max_records! };
  }
  const [maxBytes, maxRecords] = [max_total_bytes ?? Infinity, max_records ?? Infinity];
  const limits = { cutoff: ageCutoff(rules), maxBytes, maxRecords };
  const cut = await tailCut(session, place, { oldest, newest: last }, limits);
  return cut === null ? null : { of: 'tail', before: cut };
}

/**
 * Reads the entries that go, from the head to the first one that stays. This turns a count into an id, proves for each
 * entry that it has expired, and separates what a group holds back from what goes.
 */
async function readOff(
  session: Session,
  plan: Pick<StreamPlan, 'key' | 'node' | 'state' | 'cuts' | 'rules' | 'floor'>,
): Promise<{ cuts: Cut[]; counted: Taken; held: number; floor: NeededEntry | null }> {
  const { state, cuts, rules, floor } = plan;
  const counted: Taken = { age: 0, tail: 0 };
  const cutoff = ageCutoff(rules);
  const tail = cuts.find(({ of }) => of === 'tail');
  let held = 0;
  let live = false;
  let seen = 0;
  let before = idAfter(state.last);
  for await (const entry of entries(session, plan, { from: state.first, to: state.last })) {
    const { id } = entry;
    const expired = timeOf(entry) < cutoff;
    live ||= !expired;
    if (live && !takes(tail, id, seen, state.length)) {
      before = id;
      break;
    }
    seen += 1;
    if (floor !== null && !isBefore(id, floor.id)) held += 1;
    else counted[expired ? 'age' : 'tail'] += 1;
  }
  const end = floor === null ? before : earliest(before, floor.id);
  const nothing = counted.age + counted.tail === 0;
  return {
    cuts: nothing ? [] : [{ of: 'age', before: end }],
    counted,
    held,
    floor: held > 0 ? floor : null,
  };
}

function takes(cut: Cut | undefined, id: string, seen: number, length: number): boolean {
  if (!cut) return false;
  return 'before' in cut ? isBefore(id, cut.before) : seen < length - cut.newest;
}
