// Finds the entries that consumer groups still need, which must not be trimmed.
import { earliest, END, idAfter, isoOf, secondsOf } from './ids.js';
import type { StreamLocation } from './nodes.js';
import type { Session } from './session.js';
import { fieldsOf, type StreamState } from './stream.js';

/** The first entry that a consumer group still needs. */
export interface NeededEntry {
  id: string;
  group: string;
  /** Seconds since 1970: when the server took it in. */
  since: number;
  /** Whether it waits for a consumer to acknowledge it, or to be delivered. */
  why: 'pending' | 'undelivered';
}

/** A consumer group of a stream. */
export interface Group {
  name: string;
  consumers: number;
  /** Entries that were given to a consumer and are not acknowledged. */
  pending: number;
  /** Entries that no consumer was given yet; null: the server does not know, or is older than Redis 7. */
  lag: number | null;
  /** null: it needs no entry. */
  needs: NeededEntry | null;
}

/** The first entry that a group needs; null: none, or the operator ignores those that do. */
export async function neededEntry(
  session: Session,
  place: StreamLocation,
  state: StreamState,
  ignored: readonly string[] | true = [],
): Promise<NeededEntry | null> {
  if (ignored === true) return null;
  return earliestOf((await groupsOf(session, place, state, ignored)).map(({ needs }) => needs));
}

/** All groups but the ignored ones. */
export async function groupsOf(
  session: Session,
  place: StreamLocation,
  state: StreamState,
  ignored: readonly string[] = [],
): Promise<Group[]> {
  if (state.groups === 0) return [];
  const found: Group[] = [];
  const groups = (await session.call(place.node, 'XINFO', 'GROUPS', place.key)) as unknown[];
  for (const group of groups.map(fieldsOf)) {
    const name = String(group.get('name'));
    if (ignored.includes(name)) continue;
    const needs = await neededBy(session, place, state.first, name, group);
    const lag = group.get('lag') ?? null;
    found.push({
      name,
      consumers: Number(group.get('consumers')),
      pending: Number(group.get('pending')),
      lag: lag === null ? null : Number(lag),
      needs,
    });
  }
  return found;
}

/** A group needs entries that a consumer has not acknowledged, and those that no consumer was given yet. */
async function neededBy(
  session: Session,
  { key, node }: StreamLocation,
  first: string | null,
  group: string,
  fields: Map<string, unknown>,
): Promise<NeededEntry | null> {
  const needed: NeededEntry[] = [];
  if (first !== null && Number(fields.get('pending')) > 0) {
    const id = await firstPending(session, { key, node }, group, first);
    if (id !== null) needed.push(floorAt(id, group, 'pending'));
  }
  const after = idAfter(String(fields.get('last-delivered-id')));
  if (after !== END) {
    const next = await session.call(node, 'XRANGE', key, after, '+', 'COUNT', 1);
    needed.push(...(next as [string][]).map(([id]) => floorAt(id, group, 'undelivered')));
  }
  return earliestOf(needed);
}

/**
 * The first pending entry that exists. Entries that were trimmed or deleted stay on the list of the group, and hold
 * nothing back: each step goes on at the next entry that exists, so a run of missing ones costs one step.
 */
async function firstPending(
  session: Session,
  { key, node }: StreamLocation,
  group: string,
  first: string,
): Promise<string | null> {
  for (let from = first; ;) {
    const list = await session.call(node, 'XPENDING', key, group, from, '+', 1);
    const [pending] = list as [string][];
    if (!pending) return null;
    const [id] = pending;
    const [there] = (await session.call(node, 'XRANGE', key, id, '+', 'COUNT', 1)) as [string][];
    if (!there) return null;
    if (there[0] === id) return id;
    from = there[0];
  }
}

function floorAt(id: string, group: string, why: NeededEntry['why']): NeededEntry {
  return { id, group, since: secondsOf(id), why };
}

function earliestOf(floors: readonly (NeededEntry | null)[]): NeededEntry | null {
  return floors.reduce<NeededEntry | null>((least, floor) => {
    if (least === null || floor === null) return least ?? floor;
    return earliest(least.id, floor.id) === floor.id ? floor : least;
  }, null);
}

/** What frees the entries that a group holds back. */
const REMEDY: Record<NeededEntry['why'], string> = {
  pending: 'let its consumers acknowledge them (XACK), or claim what a dead one had (XAUTOCLAIM)',
  undelivered: 'let its consumers catch up',
};

/** `held back by consumer group 'billing', which has not acknowledged entries since …` */
export function heldBy({ group, why, id }: NeededEntry, held: number): string {
  const since = isoOf(id) ?? id;
  const what = why === 'pending' ? 'not acknowledged' : 'not been given';
  return `held back by consumer group '${group}', which has ${what} entries since ${since}: ${held === 1 ? '1 expired entry stays' : `${held} expired entries stay`}; ${REMEDY[why]}, or use --ignore-group ${group}`;
}
