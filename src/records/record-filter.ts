// Says whether a record is one of those that are asked for, and reads the fields that are shown of it.
import { fieldsOf, textOf, type Fields } from './members.js';
import { jsonValueOf, NumberText } from './json-value.js';
import { LineScanner, type LineKind } from './scanner.js';

/** What the runtime writes. */
export const RECORD_KINDS = ['event', 'audit', 'dead_letter'] as const;

export type RecordKind = (typeof RECORD_KINDS)[number];

/** Which records are asked for. */
export interface Wanted {
  /** undefined: of any of the three kinds. */
  kind?: RecordKind | undefined;
  /** The class name of an event, or the type of the message in a dead letter. */
  type?: string | undefined;
  /** An actor's address, such as `local://2`. */
  target?: string | undefined;
  /** Seconds since 1970, both of them included; a record without a timestamp is in no range. */
  since?: number | undefined;
  until?: number | undefined;
}

/** What one line is. */
export interface LineStatusOf {
  kind: LineKind;
  timestamp: number;
}

let last: LineStatusOf = { kind: 'blank', timestamp: NaN };
const scanner = new LineScanner((kind, _start, _end, timestamp) => (last = { kind, timestamp }));
const NEWLINE = Buffer.from('\n');

/** What a line is, given without its newline. */
export function classify(line: Uint8Array): LineStatusOf {
  scanner.push(line);
  scanner.push(NEWLINE);
  return last;
}

/** The kind that is written in a record; another text, or undefined, where it is none of the runtime's. */
export function kindOf(fields: Fields): string | undefined {
  return textOf(fields.get('kind'));
}

/** The class name of an event, the type of a dead letter's message; undefined: it has none. */
export function typeOf(kind: RecordKind, fields: Fields): string | undefined {
  if (kind === 'audit') return undefined;
  return textOf(fields.get(kind === 'event' ? 'event_type' : 'message_type'));
}

const LONGEST_ADDRESS = 10_000;

/** `local://2`: whom an event or a dead letter is about; undefined: nobody. */
export function addressOf(kind: RecordKind, fields: Fields): string | undefined {
  if (kind === 'audit') return undefined;
  const value = fields.get(kind === 'event' ? 'actor_address' : 'target');
  if (value === undefined) return undefined;
  // Longer than any that somebody would type.
  if (value.length > LONGEST_ADDRESS) return undefined;
  if (!value.startsWith('{')) return textOf(value);
  const address = jsonValueOf(value);
  if (!(address instanceof Map)) return undefined;
  const [system, id] = [address.get('system'), address.get('actor_id')];
  const number = id instanceof NumberText ? id.text : id;
  if (typeof system !== 'string' || typeof number !== 'string') return undefined;
  return `${system}://${number}`;
}

/** A test for records, made for many of them. */
export class RecordFilter {
  readonly #kind: Buffer | undefined;
  readonly #type: Buffer | undefined;

  constructor(readonly wanted: Wanted) {
    this.#kind = needleOf(wanted.kind);
    this.#type = needleOf(wanted.type);
  }

  /**
   * Whether a line can be one that is asked for, as far as a quick look tells: it holds the words that have to be in it, or
   * an escape, which may stand for any of them. `as`: of which kind it is, where its place says so.
   */
  mayHold(line: Buffer, as?: RecordKind): boolean {
    const needles = [as === undefined ? this.#kind : undefined, this.#type];
    const holds = needles.every((needle) => needle === undefined || line.includes(needle));
    return holds || line.includes(ESCAPE);
  }

  inTime(timestamp: number): boolean {
    const { since, until } = this.wanted;
    if (since !== undefined && !(timestamp >= since)) return false;
    return until === undefined || timestamp <= until;
  }

  /** The kind of a record that is asked for; undefined: it is not. `as`: of which kind it is, where its place says so. */
  kindOf(line: Buffer, as?: RecordKind): RecordKind | undefined {
    const { kind, type, target } = this.wanted;
    if (as !== undefined) {
      if (kind !== undefined && kind !== as) return undefined;
      if (type === undefined && target === undefined) return as;
    }
    const fields = fieldsOf(line.toString('utf8'));
    const found = as ?? RECORD_KINDS.find((known) => known === kindOf(fields));
    if (found === undefined || (kind !== undefined && kind !== found)) return undefined;
    if (type !== undefined && typeOf(found, fields) !== type) return undefined;
    if (target !== undefined && addressOf(found, fields) !== target) return undefined;
    return found;
  }
}

const ESCAPE = Buffer.from('\\u');

/** What a text looks like in a record that was written without escapes; nothing, where it may need some. */
function needleOf(text: string | undefined): Buffer | undefined {
  if (text === undefined || /[^\w .:-]/.test(text)) return undefined;
  return Buffer.from(`"${text}"`);
}
