// Reads the state of a stream: what XINFO STREAM says of it, and how much memory it takes.
import { PapyraError } from '../../errors/errors.js';
import { noteBytes } from './collect.js';
import { isUnavailable } from './failure.js';
import { idValue } from './ids.js';
import type { StreamLocation } from './nodes.js';
import type { Session } from './session.js';

/** A stream as one command of the server saw it. */
export interface StreamState {
  length: number;
  /** Entries ever added; null before Redis 7. */
  added: number | null;
  first: string | null;
  last: string | null;
  /** The largest id that was ever given; its entry may be deleted by now. */
  lastGenerated: string;
  groups: number;
  /** Bytes of the first or of the last entry, whichever has more. */
  largest: number;
}

/** null: there is no such key. */
export async function readState(
  session: Session,
  place: StreamLocation,
): Promise<StreamState | null> {
  try {
    return stateFromInfo(await session.callBuffers(place.node, 'XINFO', 'STREAM', place.key));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whether the script or a command in it was refused; the plain commands then tell which. */
export function isRefusedScript(error: unknown): boolean {
  return isUnavailable(error) || /executing the script can't run/i.test((error as Error).message);
}

export function isMissing(error: unknown): boolean {
  const { cause = error } = error as { cause?: unknown };
  return cause instanceof Error && cause.message.includes('no such key');
}

/** Reads XINFO's own answer, which contains the first and the last entry. */
export function stateFromInfo(reply: unknown): StreamState {
  const state = stateOf(reply);
  noteBytes(2 * state.largest);
  return state;
}

/** Reads XINFO's own answer, in bytes, or that of the script, which has only the sizes of entries. */
export function stateOf(reply: unknown): StreamState {
  const fields = fieldsOf(reply);
  const first = fields.get('first-entry') as Edge;
  const last = fields.get('last-entry') as Edge;
  return {
    length: Number(fields.get('length')),
    added: fields.has('entries-added') ? Number(fields.get('entries-added')) : null,
    first: first && String(first[0]),
    last: last && String(last[0]),
    lastGenerated: String(fields.get('last-generated-id')),
    groups: Number(fields.get('groups')),
    largest: Math.max(bytesOf(first), bytesOf(last)),
  };
}

/** `[id, [name, value, …]]`, or `[id, bytes]` */
type Edge = [unknown, Buffer[] | number] | null;

function bytesOf(edge: Edge): number {
  const [, content] = edge ?? [null, 0];
  return typeof content === 'number'
    ? content
    : content.reduce((sum, { length }) => sum + length, 0);
}

/** `[name, value, …]` */
export function fieldsOf(reply: unknown): Map<string, unknown> {
  return new Map(pairsOf(reply as unknown[]).map(([name, value]) => [String(name), value]));
}

/** `[name, value, …]` as `[[name, value], …]` */
export function pairsOf<T>(flat: readonly T[]): [T, T][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!] as [T, T]] : []));
}

/** Bytes that a key takes in the server; null where the user may not ask. */
export async function memoryOf(session: Session, place: StreamLocation): Promise<number | null> {
  try {
    const bytes = await session.call(place.node, 'MEMORY', 'USAGE', place.key);
    return bytes === null ? 0 : Number(bytes);
  } catch (error) {
    if (error instanceof PapyraError && isUnavailable(error.cause)) return null;
    throw error;
  }
}

/** Whether two looks at a stream saw the same head. */
export function sameHead(one: StreamState, other: StreamState | null): boolean {
  if (!one.first || !other?.first) return false;
  return idValue(one.first) === idValue(other.first);
}
