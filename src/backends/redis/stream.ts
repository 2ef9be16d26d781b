import { PapyraError } from '../../errors.js';
import { idValue } from './ids.js';
import type { Place } from './nodes.js';
import type { Session } from './session.js';

/** A stream as one command of the server saw it. */
export interface StreamState {
  length: number;
  /** Entries ever added; null before Redis 7. */
  added: number | null;
  first: string | null;
  last: string | null;
  /** The largest id that was ever given: of an entry that may be deleted by now. */
  lastGenerated: string;
  groups: number;
}

/** null: there is no such key. */
export async function readState(session: Session, place: Place): Promise<StreamState | null> {
  try {
    return stateOf(await session.call(place.node, 'XINFO', 'STREAM', place.key));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  const { cause = error } = error as { cause?: unknown };
  return cause instanceof Error && cause.message.includes('no such key');
}

export function stateOf(reply: unknown): StreamState {
  const fields = fieldsOf(reply);
  const idOf = (entry: unknown) => (Array.isArray(entry) ? String(entry[0]) : null);
  return {
    length: Number(fields.get('length')),
    added: fields.has('entries-added') ? Number(fields.get('entries-added')) : null,
    first: idOf(fields.get('first-entry')),
    last: idOf(fields.get('last-entry')),
    lastGenerated: String(fields.get('last-generated-id')),
    groups: Number(fields.get('groups')),
  };
}

/** `[name, value, …]` */
export function fieldsOf(reply: unknown): Map<string, unknown> {
  const flat = reply as unknown[];
  const pairs = flat.flatMap((name, index) => index % 2 === 0 ? [[String(name), flat[index + 1]] as const] : []); // prettier-ignore
  return new Map(pairs);
}

/** Bytes that a key takes in the server; null where the user may not ask. */
export async function memoryOf(session: Session, place: Place): Promise<number | null> {
  try {
    const bytes = await session.call(place.node, 'MEMORY', 'USAGE', place.key);
    return bytes === null ? 0 : Number(bytes);
  } catch (error) {
    if (error instanceof PapyraError && isForbidden(error)) return null;
    throw error;
  }
}

/** By a right that is missing, or because the command goes by another name there. */
export function isForbidden({ code, cause }: PapyraError): boolean {
  return code === 'permission_denied' || (cause instanceof Error && /unknown command/i.test(cause.message)); // prettier-ignore
}

/** Whether two looks at a stream saw the same head. */
export function sameHead(one: StreamState, other: StreamState | null): boolean {
  if (!one.first || !other?.first) return false;
  return idValue(one.first) === idValue(other.first);
}
