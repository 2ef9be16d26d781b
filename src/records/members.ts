// Finds the top-level members of a record in its bytes, without making a tree of all that is in it.

/**
 * A record's members by name, each as the text of its value in the record. Of duplicate names the last one counts, as in
 * Python's `json`.
 */
export type Fields = Map<string, string>;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The members of a record. `text` must have been found to be one JSON object: what it holds is not checked again. The
 * values are texts of JSON as Python writes it: with `NaN`, `Infinity` and integers of any length.
 */
export function fieldsOf(text: string): Fields {
  const fields: Fields = new Map();
  let at = text.indexOf('{') + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text.charCodeAt(at) === 0x2c) at = skipSpace(text, at + 1);
    if (text.charCodeAt(at) !== QUOTE) return fields;
    const keyEnd = endOfString(text, at);
    const name = unquoted(text.slice(at, keyEnd));
    at = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, at);
    fields.set(name, text.slice(at, end));
    at = end;
  }
}

/** The text that a JSON string stands for; undefined where the value is no string. */
export function textOf(value: string | undefined): string | undefined {
  return value?.charCodeAt(0) === QUOTE ? unquoted(value) : undefined;
}

function unquoted(string: string): string {
  return string.includes('\\') ? (JSON.parse(string) as string) : string.slice(1, -1);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** Behind the value that begins at `start`. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const code = text.charCodeAt(at);
    const isEnd = code === 0x7d || code === 0x5d;
    if (depth === 0 && (isEnd || code === 0x2c || isSpace(code))) return at;
    if (isEnd) depth -= 1;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    at = code === QUOTE ? endOfString(text, at) : at + 1;
  }
  return text.length;
}
