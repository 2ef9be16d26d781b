// Says by which name a record counts when what fills a store is asked for: its kind, type or actor.
import type { Field, FieldReader } from './fields.js';

/** By what records can be grouped. */
export const GROUPINGS = ['kind', 'type', 'actor'] as const;

export type Grouping = (typeof GROUPINGS)[number];

/** Names that agree in so many characters count as one. */
export const NAME_CHARACTERS = 200;

/** In which fields the type of a record of a kind is; of an audit there is none. */
const TYPE_FIELDS: Record<string, readonly Field[]> = {
  '"event"': ['event_type'],
  '"dead_letter"': ['message_type'],
  '"audit"': [],
};
const OTHER_TYPE_FIELDS: readonly Field[] = ['event_type', 'message_type'];

/** Whom a record concerns: the actor that did something, or to which a letter was sent. */
const ACTOR_FIELDS: readonly Field[] = ['actor_address', 'actor', 'target'];

/** The JSON text of the name by which a record counts; an empty text: it has none. `kind`: the text of its kind. */
export function nameText(by: Grouping, kind: string, record: FieldReader): string {
  if (by === 'kind') return cutText(kind);
  const fields = by === 'actor' ? ACTOR_FIELDS : (TYPE_FIELDS[kind] ?? OTHER_TYPE_FIELDS);
  for (const field of fields) {
    const text = record.text(field);
    if (text !== undefined && text !== 'null') return cutText(text);
  }
  return '';
}

/** As much of a JSON text as a name may need: escaped, a character takes six bytes. */
export function cutText(text: string): string {
  const most = 6 * NAME_CHARACTERS + 2;
  if (text.length <= most) return text;
  // A copy: a slice would keep all of the text.
  return Buffer.from(text.slice(0, most), 'latin1').toString('latin1');
}

/** The name in words: a text without its quotes, an address as the runtime writes it; null: none. */
export function nameOf(text: string): string | null {
  if (text === '' || text === 'null') return null;
  const utf8 = Buffer.from(text, 'latin1').toString();
  const value = parsed(utf8);
  const name = typeof value === 'string' ? value : (addressOf(value, utf8) ?? utf8);
  return name.slice(0, NAME_CHARACTERS);
}

/** A backslash that escapes what was cut off. */
const CUT_ESCAPE = /(?<!\\)((?:\\\\)*)\\(?:u[\da-f]{0,3})?$/i;

/** A text that was cut is a string without its end. */
function parsed(text: string): unknown {
  return jsonOf(text) ?? jsonOf(`${text.replace(CUT_ESCAPE, '$1')}"`);
}

/** undefined: it is not JSON, because of Python's NaN, or because it was cut. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `local://77` */
function addressOf(value: unknown, text: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { system, actor_id: id } = value as { system?: unknown; actor_id?: unknown };
  if (typeof system !== 'string') return undefined;
  if (typeof id === 'string' || Number.isSafeInteger(id)) return `${system}://${String(id)}`;
  // A number that JavaScript would round.
  const [, digits] = /"actor_id"\s*:\s*(-?\d+)\s*[,}]/.exec(text) ?? [];
  return digits === undefined ? undefined : `${system}://${digits}`;
}
