// Reads a JSON text as Python's `json` does, into values that keep numbers as they are written.
import { textOf } from './members.js';

/** A number as it is written: `NaN`, `1790000000.0`, `123456789012345678901234567890`. */
export class NumberText {
  constructor(readonly text: string) {}
}

export type JsonValue = null | boolean | string | NumberText | JsonValue[] | Map<string, JsonValue>;

const TOKEN = /[ \t\r\n]*(?:([[\]{},:])|("(?:[^"\\]|\\[^])*(?:"|\\?$))|([^\s[\]{},:"]+))/gy;

/** The value of a text that is known to be JSON, or of the beginning of one. Deep nesting takes no stack. */
export function jsonValueOf(text: string): JsonValue {
  const open: { value: JsonValue[] | Map<string, JsonValue>; key?: string | undefined }[] = [];
  let result: JsonValue = null;
  const put = (value: JsonValue): void => {
    const top = open.at(-1);
    if (!top) result = value;
    else if (Array.isArray(top.value)) top.value.push(value);
    else {
      top.value.set(top.key!, value);
      top.key = undefined;
    }
  };
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [, mark, string, word] = match;
    const top = open.at(-1);
    if (mark === '{' || mark === '[') {
      const value: JsonValue[] | Map<string, JsonValue> = mark === '[' ? [] : new Map();
      put(value);
      open.push({ value });
    } else if (mark === '}' || mark === ']') open.pop();
    else if (string !== undefined) {
      const value = stringOf(string);
      if (top && !Array.isArray(top.value) && top.key === undefined) top.key = value;
      else put(value);
    } else if (word !== undefined) put(wordOf(word));
    if (open.length === 0) break;
  }
  return result;
}

/** Characters of the longest escape. */
const ESCAPE_LENGTH = 6;

/** A text that was cut off may end in the middle of an escape. */
function stringOf(string: string): string {
  if (string.length > 1 && string.endsWith('"')) {
    try {
      return textOf(string)!;
    } catch {
      // The quote at its end is escaped.
    }
  }
  for (let dropped = 0; dropped <= ESCAPE_LENGTH; dropped++) {
    try {
      return JSON.parse(`${string.slice(0, string.length - dropped)}"`) as string;
    } catch {
      // One character less.
    }
  }
  return string.slice(1);
}

function wordOf(word: string): JsonValue {
  if (word === 'null') return null;
  if (word === 'true' || word === 'false') return word === 'true';
  return new NumberText(word);
}
