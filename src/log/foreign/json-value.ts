// Reads the JSON value at the start of a text, whatever its line breaks, as far as the text goes.

export interface JsonValue {
  opens: '{' | '[';
  /** The first character inside; an empty text: there is none yet. */
  first: string;
  /** Behind the value; null: the text ends before it does. */
  end: number | null;
}

/** A string, a number or a name, or one character of the structure, behind white space. */
const TOKEN =
  // eslint-disable-next-line no-control-regex
  /\s*(?:("[^"\\\0-\x1f]*(?:\\.[^"\\\0-\x1f]*)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)|([{}[\],:]))/y;

/** What a token may begin with of which the text has no end. */
// eslint-disable-next-line no-control-regex
const CUT_TOKEN = /\s*(?:"[^"\\\0-\x1f]*(?:\\.[^"\\\0-\x1f]*)*\\?|[-+.\w]*)$/y;

type Next = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end';

/** The object or array at the start of a text; undefined: the text does not begin with one, or it is not JSON. */
export function jsonValueAt(text: string): JsonValue | undefined {
  const opens = /^\s*([{[])/.exec(text)?.[1] as '{' | '[' | undefined;
  if (opens === undefined) return undefined;
  const first = /^\s*[{[]\s*(\S?)/.exec(text)![1]!;
  const open: string[] = [];
  let next: Next = 'value';
  for (let at = 0; ; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    // A number at the very end may go on.
    if (!token || (token[2] !== undefined && TOKEN.lastIndex === text.length)) {
      CUT_TOKEN.lastIndex = at;
      return CUT_TOKEN.test(text) ? { opens, first, end: null } : undefined;
    }
    const [, string, scalar, mark] = token;
    const after = stepOf(next, { string, scalar, mark }, open);
    if (after === undefined) return undefined;
    if (open.length === 0) return { opens, first, end: TOKEN.lastIndex };
    next = after;
  }
}

/** What may come behind a token; undefined: it may not stand here. Keeps account of the brackets that are open. */
function stepOf(
  next: Next,
  token: { string: string | undefined; scalar: string | undefined; mark: string | undefined },
  open: string[],
): Next | undefined {
  const { string, mark } = token;
  const inObject = open.at(-1) === '{';
  const close = inObject ? '}' : ']';
  switch (next) {
    case 'colon':
      return mark === ':' ? 'value' : undefined;
    case 'comma or end':
      if (mark === ',') return inObject ? 'key' : 'value';
      break;
    case 'key':
    case 'key or end':
      if (string !== undefined) return 'colon';
      break;
    case 'value':
    case 'value or end':
      if (mark === undefined) return 'comma or end';
      if (mark === '{' || mark === '[') {
        open.push(mark);
        return mark === '{' ? 'key or end' : 'value or end';
      }
  }
  if (mark !== close || !next.endsWith('end')) return undefined;
  open.pop();
  return 'comma or end';
}
