// Writes a JSON value as Python's repr() does: the runtime shows payloads and addresses in that form.
import { NumberText, type JsonValue } from '../records/json-value.js';

/** `{'id': 1, 'ok': True, 'text': "it's"}`; at most about `limit` characters of it. */
export function pythonRepr(value: JsonValue, limit = Infinity): string {
  const pieces: string[] = [];
  let length = 0;
  const add = (piece: string): void => {
    pieces.push(piece);
    length += piece.length;
  };
  /** Behind what is open: what comes next, a value or the text that closes it. */
  const open: Iterator<JsonValue | { raw: string }>[] = [[value][Symbol.iterator]()];
  while (open.length > 0 && length < limit) {
    const next = open.at(-1)!.next();
    if (next.done) open.pop();
    else if (isRaw(next.value)) add(next.value.raw);
    else if (Array.isArray(next.value)) open.push(listItems(next.value));
    else if (next.value instanceof Map) open.push(dictItems(next.value));
    else add(scalar(next.value));
  }
  return length < limit ? pieces.join('') : `${pieces.join('').slice(0, limit - 1)}…`;
}

function isRaw(value: JsonValue | { raw: string }): value is { raw: string } {
  return typeof value === 'object' && value !== null && 'raw' in value;
}

function* listItems(list: JsonValue[]): Generator<JsonValue | { raw: string }> {
  yield { raw: '[' };
  for (const [index, item] of list.entries()) {
    if (index > 0) yield { raw: ', ' };
    yield item;
  }
  yield { raw: ']' };
}

function* dictItems(dict: Map<string, JsonValue>): Generator<JsonValue | { raw: string }> {
  yield { raw: '{' };
  let first = true;
  for (const [key, item] of dict) {
    yield { raw: `${first ? '' : ', '}${stringRepr(key)}: ` };
    first = false;
    yield item;
  }
  yield { raw: '}' };
}

function scalar(value: Exclude<JsonValue, JsonValue[] | Map<string, JsonValue>>): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  return typeof value === 'string' ? stringRepr(value) : numberRepr(value);
}

/** As Python shows a number: `nan`, `-inf`, `1e+16`, `1790000000.0`. */
export function numberRepr({ text }: NumberText): string {
  if (text === 'NaN') return 'nan';
  if (text.endsWith('Infinity')) return text.startsWith('-') ? '-inf' : 'inf';
  if (!/[.eE]/.test(text)) return text === '-0' ? '0' : text;
  return floatRepr(Number(text));
}

function floatRepr(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? '-' : '+';
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const sign = value < 0 ? '-' : '';
  const all = digits.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${all}`;
  const whole = all.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${all.slice(exponent + 1) || '0'}`;
}

/** What Python does not show as it is, but for the quotes: the blank, of the separators, is one that it does. */
const HIDDEN = /[\p{C}\p{Z}\\]/gu;

function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const shown = text.replace(HIDDEN, escaped);
  return `${quote}${quote === "'" ? shown.replaceAll("'", "\\'") : shown}${quote}`;
}

function escaped(character: string): string {
  switch (character) {
    case ' ':
      return ' ';
    case '\\':
      return '\\\\';
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
  }
  const code = character.codePointAt(0)!;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
