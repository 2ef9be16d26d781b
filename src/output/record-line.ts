// Shows a record as a line, in the runtime's own form.
import type { ListedRecord } from '../api/inspect.js';
import { fieldsOf, type Fields } from '../records/members.js';
import { jsonValueOf, NumberText } from '../records/json-value.js';
import { addressOf, typeOf } from '../records/record-filter.js';
import type { Paint } from './paint.js';
import { numberRepr, pythonRepr } from './python-repr.js';
import { printable } from './text.js';

/** So many characters of a payload are shown: on a terminal, and elsewhere. */
const SHOWN_ON_TERMINAL = 200;
const SHOWN = 20_000;
/** A character may be written as two escapes, of six characters each. */
const LONGEST_CHARACTER = 12;

/** Makes lines of records; on a terminal they are aligned and coloured. */
export class RecordLines {
  /** As wide as the widest type so far. */
  #width = 14;

  constructor(
    readonly paint: Paint,
    readonly isTerminal: boolean,
  ) {}

  /** `[1700000000.123] ActorStarted local://1`, without a newline; nothing in it controls a terminal. */
  line({ kind, timestamp, json }: ListedRecord): string {
    const { paint } = this;
    const fields = fieldsOf(
      Buffer.from(json.buffer, json.byteOffset, json.length).toString('utf8'),
    );
    const time = paint.dim(`[${timestamp === null ? 'undated' : timestamp.toFixed(3)}]`);
    switch (kind) {
      case 'event': {
        const type = printable(typeOf(kind, fields) ?? '');
        const color = /Crash|Fail/.test(type) ? paint.red : paint.green;
        return `${time} ${color(this.#aligned(type))} ${this.#address(kind, fields)}`;
      }
      case 'audit':
        return `${time} ${paint.cyan(auditText(fields))}`;
      case 'dead_letter': {
        const target = this.#aligned(`target=${this.#address(kind, fields)}`);
        const type = printable(typeOf(kind, fields) ?? '');
        const payload = this.#repr(fields.get('payload'));
        return `${time} ${paint.yellow(target)} type=${type} payload=${payload}`;
      }
    }
  }

  #aligned(text: string): string {
    if (!this.isTerminal) return text;
    this.#width = Math.min(40, Math.max(this.#width, text.length));
    return text.padEnd(this.#width);
  }

  #address(kind: 'event' | 'dead_letter', fields: Fields): string {
    const known = addressOf(kind, fields);
    if (known !== undefined) return printable(known);
    return this.#repr(fields.get(kind === 'event' ? 'actor_address' : 'target'));
  }

  #repr(value: string | undefined): string {
    if (value === undefined) return 'None';
    const limit = this.isTerminal ? SHOWN_ON_TERMINAL : SHOWN;
    const beginning = value.slice(0, limit * LONGEST_CHARACTER);
    const shown = printable(pythonRepr(jsonValueOf(beginning), limit));
    return beginning.length < value.length && !shown.endsWith('…') ? `${shown}…` : shown;
  }
}

const AUDIT: [word: string, field: string][] = [
  ['total', 'total_actors'],
  ['alive', 'alive_actors'],
  ['stopping', 'stopping_actors'],
  ['restarting', 'restarting_actors'],
  ['dead_letters', 'dead_letters_count'],
];

function auditText(fields: Fields): string {
  return AUDIT.map(([word, field]) => {
    const value = jsonValueOf(fields.get(field) ?? '0');
    return `${word}=${value instanceof NumberText ? numberRepr(value) : printable(pythonRepr(value))}`;
  }).join(' ');
}

/** DEL, C1, and what turns the direction of text around or ends a line. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g;

/** The JSON of a record as one line for a terminal: what would control it is escaped, which in JSON says the same. */
export function safeJson(json: Uint8Array): string {
  const text = Buffer.from(json.buffer, json.byteOffset, json.length).toString('utf8');
  // Of C0 a record holds only white space.
  return text
    .replace(/\s/g, (space) => (space < ' ' ? ' ' : space))
    .replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
