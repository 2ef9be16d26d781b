import { PapyraError } from '../../errors.js';
import { ageCutoff } from '../../retention/policy.js';
import type { PlanRequest } from '../backend.js';
import { ageCut } from './age.js';
import { entries } from './entries.js';
import { floorOf, type Floor } from './groups.js';
import { earliest, idAfter, isBefore } from './ids.js';
import type { Session } from './session.js';
import { tailCut } from './size.js';
import { memoryOf, readState, sameHead, type StreamState } from './stream.js';

export type Limit = 'age' | 'count' | 'size';

/** One thing to take off the head of a stream: what lies before an id, or all but the newest. */
export type Cut = { by: Limit; before: string } | { by: 'count'; newest: number };

/** Entries that go, by the limit that takes them. */
export type Dropped = Record<Limit, number>;

export interface StreamPlan {
  key: string;
  /** The master that has it. */
  node: string;
  state: StreamState & { first: string; last: string };
  /** In the order in which they are made. */
  cuts: Cut[];
  /** Expired entries that were seen behind a live one. */
  behind: ReadonlySet<string>;
  /** What a consumer group still needs; no cut goes past it. */
  floor: Floor | null;
  /** What goes, where it was counted: in a dry run, before an archive, and where a group holds it back. */
  dropped: Dropped | null;
  /** Expired, and held back by the group; null: not counted. */
  held: number | null;
  /** Nothing would be left of it. */
  empties: boolean;
  memory: number | null;
  planMs: number;
}

/** A stream whose head moves while it is planned is planned anew so many times. */
const ATTEMPTS = 3;

/** Decides what goes from one stream. Only reads. null: there is no such stream. */
export async function planStream(
  session: Session,
  key: string,
  node: string,
  request: PlanRequest,
): Promise<StreamPlan | null> {
  const began = Date.now();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const state = await readState(session, key);
    if (state === null || !hasEntries(state)) return null;
    const plan = await decide(session, key, node, state, request);
    const after = await readState(session, key);
    // What is counted from the head is wrong when somebody else has trimmed it meanwhile.
    if (plan.dropped === null || (after !== null && sameHead(state, after))) {
      return { ...plan, memory: await memoryOf(session, key), planMs: Date.now() - began };
    }
  }
  throw new PapyraError('try_again', `${key} is being trimmed by somebody else`, {
    hint: 'nothing was done to it; run again later',
  });
}

function hasEntries(state: StreamState): state is StreamPlan['state'] {
  return state.length > 0 && state.first !== null && state.last !== null;
}

async function decide(
  session: Session,
  key: string,
  node: string,
  state: StreamPlan['state'],
  request: PlanRequest,
): Promise<Omit<StreamPlan, 'memory' | 'planMs'>> {
  const { rules } = request;
  const age =
    rules.max_age_seconds === null
      ? { before: state.first, behind: [] }
      : await ageCut(session, key, state, ageCutoff(rules));
  const behind = new Set(age.behind);
  const cuts: Cut[] = [];
  if (isBefore(state.first, age.before)) cuts.push({ by: 'age', before: age.before });
  const emptied = !isBefore(age.before, idAfter(state.last));
  const tail = emptied ? null : await cutOfTail(session, key, { ...state, oldest: age.before, behind }, request); // prettier-ignore
  if (tail) cuts.push(tail);
  const floor = await floorOf(session, key, state, request.ignoreGroups);
  const plan = { key, node, state, behind, empties: cuts.some((cut) => takesAll(cut, state)) };
  const held = floor !== null && cuts.some((cut) => !('before' in cut) || isBefore(floor.id, cut.before)); // prettier-ignore
  if (cuts.length > 0 && (request.dryRun || request.archive !== undefined || held)) {
    const counted = await countOff(session, { ...plan, cuts, floor });
    return { ...plan, ...counted, empties: plan.empties && counted.held === 0 };
  }
  return { ...plan, cuts, floor: null, dropped: null, held: 0 };
}

function takesAll(cut: Cut, { last }: StreamPlan['state']): boolean {
  return 'before' in cut && isBefore(last, cut.before);
}

/** What count and size take of the entries that age leaves. */
async function cutOfTail(
  session: Session,
  key: string,
  tail: { oldest: string; last: string; behind: ReadonlySet<string> } & StreamState,
  { rules }: PlanRequest,
): Promise<Cut | null> {
  const { max_records, max_total_bytes } = rules;
  if (max_total_bytes !== null) {
    const limits = { maxBytes: max_total_bytes, maxRecords: max_records ?? Infinity };
    return tailCut(session, key, { ...tail, newest: tail.last }, limits);
  }
  if (max_records === null || tail.length <= max_records) return null;
  return { by: 'count', newest: max_records };
}

/**
 * Reads from the head what goes, up to the first entry that stays: that is where a count of entries
 * becomes an id, and where what a group holds back is told from what goes.
 */
async function countOff(
  session: Session,
  {
    key,
    state,
    cuts,
    behind,
    floor,
  }: Pick<StreamPlan, 'key' | 'state' | 'cuts' | 'behind' | 'floor'>,
): Promise<Pick<StreamPlan, 'cuts' | 'dropped' | 'held' | 'floor'>> {
  const dropped: Dropped = { age: 0, count: 0, size: 0 };
  let held = 0;
  let before = idAfter(state.last);
  const limitOf = decider(cuts, behind, state.length);
  for await (const { id } of entries(session, key, { from: state.first, to: state.last })) {
    const limit = limitOf(id);
    if (limit === null) {
      before = id;
      break;
    }
    if (floor !== null && !isBefore(id, floor.id)) held += 1;
    else dropped[limit] += 1;
  }
  const end = floor === null ? before : earliest(before, floor.id);
  const limits: Limit[] = ['age', 'count', 'size'];
  // One cut does it: the limits only say who takes what.
  const by = limits.find((limit) => dropped[limit] > 0);
  return { cuts: by === undefined ? [] : [{ by, before: end }], dropped, held, floor: held > 0 ? floor : null }; // prettier-ignore
}

/** Says of entry after entry, from the head on, which limit takes it; null: none does. */
function decider(
  cuts: readonly Cut[],
  behind: ReadonlySet<string>,
  length: number,
): (id: string) => Limit | null {
  let byAge = 0;
  let byCount = 0;
  const age = cuts.find(({ by }) => by === 'age');
  const tail = cuts.find((cut) => cut !== age);
  return (id) => {
    if (age && 'before' in age && isBefore(id, age.before)) {
      byAge += 1;
      return 'age';
    }
    if (behind.has(id)) return 'age';
    if (!tail) return null;
    if ('before' in tail) return isBefore(id, tail.before) ? tail.by : null;
    const live = length - byAge - behind.size;
    if (byCount >= live - tail.newest) return null;
    byCount += 1;
    return 'count';
  };
}
