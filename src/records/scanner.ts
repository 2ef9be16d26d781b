// Splits bytes into lines, and tells for each line what it is and when it was written.
//
// The grammar is that of Python's `json` reader, because the runtime is Python: JSON plus `NaN`, `Infinity` and
// `-Infinity`; integers of at most 4300 digits (`sys.set_int_max_str_digits`); nesting of at most 995 levels (its
// recursion limit); strict UTF-8. The whole line is checked, not only the timestamp. A line that Python cannot read is
// `unreadable`, and compaction keeps it by default. The state machine can stop after any byte, so a line may have any
// length and span any number of chunks. Only the digits of a timestamp are buffered.

export type LineKind = 'record' | 'undated' | 'unreadable' | 'blank';

/**
 * Called once per line. `start` and `end` are byte offsets in the log, `end` behind the newline;
 * `timestamp` is in seconds since 1970, NaN unless the kind is `record`.
 */
export type LineHandler = (kind: LineKind, start: number, end: number, timestamp: number) => void;

const MAX_DEPTH = 995;
const MAX_INTEGER_DIGITS = 4300;
/** No finite double needs nearly as many characters; a longer one leaves its record undated. */
const MAX_TIMESTAMP_CHARS = 8192;

const TIMESTAMP_KEY = Buffer.from('timestamp');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
const NAN = Buffer.from('NaN');
const INFINITY = Buffer.from('Infinity');

enum State {
  /** Nothing but white space so far. */
  Start,
  Value,
  ValueOrEnd,
  AfterValue,
  Key,
  KeyOrEnd,
  Colon,
  String,
  Escape,
  Hex,
  Utf8,
  Minus,
  Zero,
  Integer,
  Point,
  Fraction,
  ExponentMark,
  ExponentSign,
  Exponent,
  Literal,
  /** The object is complete; only white space may follow. */
  Done,
  /** Not a record, whatever follows. */
  Bad,
}

/** Kinds of open brackets. */
const OBJECT = 0;
const ARRAY = 1;

const NO_KEY = -1;

/** Finds the first byte at or after `from` that is not a plain character of a string; else the end of the chunk. */
export type SkipPlain = (chunk: Uint8Array, from: number) => number;

export const skipPlain: SkipPlain = (chunk, from) => {
  const length = chunk.length;
  for (let at = from; at < length; at++) if (!isPlain(chunk[at]!)) return at;
  return length;
};

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c;
}

export class LineScanner {
  /** Offset of the first byte that belongs to no complete line yet. */
  lineStart: number;

  readonly #onLine: LineHandler;
  readonly #skipPlain: SkipPlain;
  #offset: number;
  #state: State = State.Start;
  readonly #containers = new Uint8Array(MAX_DEPTH + 1);
  #depth = 0;

  /** Whether the current string is a key, and how much of `timestamp` it has matched (NO_KEY: it differs). */
  #isKey = false;
  #matched = NO_KEY;
  #hexLeft = 0;
  #hexValue = 0;
  /** UTF-8 continuation bytes still to come, and the range the next one must be in. */
  #utf8Left = 0;
  #utf8Low = 0x80;
  #utf8High = 0xbf;
  #literal: Uint8Array = TRUE;
  #literalAt = 0;

  #digits = 0;
  #timestamp = NaN;
  /** The value being read is the top-level timestamp. */
  #isTimestamp = false;
  /** Where its digits start in this chunk (-1: it is not being read), and the digits in earlier chunks. */
  #numberAt = -1;
  #numberHead = '';

  constructor(onLine: LineHandler, offset = 0, skip = skipPlain) {
    this.#onLine = onLine;
    this.#skipPlain = skip;
    this.#offset = offset;
    this.lineStart = offset;
  }

  /** Takes the next bytes of the log. */
  push(chunk: Uint8Array): void {
    const length = chunk.length;
    let at = 0;
    while (at < length) {
      const byte = chunk[at]!;
      if (byte === 0x0a) {
        this.#endNumber(chunk, at);
        this.#endLine(this.#offset + at + 1);
        at += 1;
        continue;
      }
      switch (this.#state) {
        case State.String:
          at = this.#string(chunk, at);
          break;
        case State.Bad: {
          const newline = chunk.indexOf(0x0a, at);
          at = newline === -1 ? length : newline;
          break;
        }
        case State.Integer:
        case State.Fraction:
        case State.Exponent:
          at = this.#number(chunk, at);
          break;
        default:
          at += this.#step(byte, chunk, at);
      }
    }
    if (this.#numberAt !== -1) {
      this.#collect(chunk, length);
      this.#numberAt = 0;
    }
    this.#offset += length;
  }

  /** Handles one byte in a state that has no loop of its own. Returns 1 when the byte is used up. */
  #step(byte: number, chunk: Uint8Array, at: number): 0 | 1 {
    switch (this.#state) {
      case State.Start:
        if (byte === 0x7b) this.#open(OBJECT);
        else if (!isSpace(byte)) this.#state = State.Bad;
        return 1;
      case State.Done:
        if (!isSpace(byte)) this.#state = State.Bad;
        return 1;
      case State.AfterValue:
        return this.#afterValue(byte);
      case State.KeyOrEnd:
        if (byte === 0x7d) this.#close();
        else this.#key(byte);
        return 1;
      case State.Key:
        this.#key(byte);
        return 1;
      case State.Colon:
        if (byte === 0x3a) {
          this.#isTimestamp = this.#depth === 1 && this.#matched === TIMESTAMP_KEY.length;
          // Of duplicate keys the last one counts, also when it is no number.
          if (this.#isTimestamp) this.#timestamp = NaN;
          this.#state = State.Value;
        } else if (!isSpace(byte)) this.#state = State.Bad;
        return 1;
      case State.ValueOrEnd:
        if (byte === 0x5d) this.#close();
        else this.#value(byte, at);
        return 1;
      case State.Value:
        this.#value(byte, at);
        return 1;
      case State.Escape:
        this.#escape(byte);
        return 1;
      case State.Hex:
        this.#hex(byte);
        return 1;
      case State.Utf8:
        this.#utf8(byte);
        return 1;
      case State.Literal:
        if (byte !== this.#literal[this.#literalAt]) this.#state = State.Bad;
        else if (++this.#literalAt === this.#literal.length) this.#state = State.AfterValue;
        return 1;
      case State.Minus:
        if (byte === 0x30) this.#state = State.Zero;
        else if (isDigit(byte)) this.#integer();
        else if (byte === 0x49) {
          this.#numberAt = -1;
          this.#startLiteral(INFINITY);
        } else this.#state = State.Bad;
        return 1;
      case State.Zero:
        return this.#afterInteger(byte, chunk, at);
      case State.Point:
        this.#state = isDigit(byte) ? State.Fraction : State.Bad;
        return 1;
      case State.ExponentMark:
        if (byte === 0x2b || byte === 0x2d) this.#state = State.ExponentSign;
        else this.#state = isDigit(byte) ? State.Exponent : State.Bad;
        return 1;
      case State.ExponentSign:
        this.#state = isDigit(byte) ? State.Exponent : State.Bad;
        return 1;
      default:
        throw new Error(`no step for scanner state ${this.#state}`);
    }
  }

  #open(container: number): void {
    if (this.#depth === MAX_DEPTH) {
      this.#state = State.Bad;
      return;
    }
    this.#containers[this.#depth++] = container;
    this.#state = container === OBJECT ? State.KeyOrEnd : State.ValueOrEnd;
  }

  #close(): void {
    this.#depth -= 1;
    this.#state = this.#depth === 0 ? State.Done : State.AfterValue;
  }

  #afterValue(byte: number): 0 | 1 {
    const inObject = this.#containers[this.#depth - 1] === OBJECT;
    if (byte === 0x2c) this.#state = inObject ? State.Key : State.Value;
    else if (byte === (inObject ? 0x7d : 0x5d)) this.#close();
    else if (!isSpace(byte)) this.#state = State.Bad;
    return 1;
  }

  #key(byte: number): void {
    if (byte === 0x22) {
      this.#isKey = true;
      this.#matched = this.#depth === 1 ? 0 : NO_KEY;
      this.#state = State.String;
    } else if (!isSpace(byte)) this.#state = State.Bad;
  }

  #value(byte: number, at: number): void {
    switch (byte) {
      case 0x22:
        this.#isKey = false;
        this.#matched = NO_KEY;
        this.#state = State.String;
        break;
      case 0x7b:
        this.#isTimestamp = false;
        this.#open(OBJECT);
        break;
      case 0x5b:
        this.#isTimestamp = false;
        this.#open(ARRAY);
        break;
      case 0x74:
        this.#startLiteral(TRUE);
        break;
      case 0x66:
        this.#startLiteral(FALSE);
        break;
      case 0x6e:
        this.#startLiteral(NULL);
        break;
      case 0x4e:
        this.#startLiteral(NAN);
        break;
      case 0x49:
        this.#startLiteral(INFINITY);
        break;
      case 0x2d:
        this.#startNumber(State.Minus, at);
        break;
      case 0x30:
        this.#startNumber(State.Zero, at);
        break;
      default:
        if (isDigit(byte)) {
          this.#startNumber(State.Integer, at);
          this.#integer();
        } else if (!isSpace(byte)) this.#state = State.Bad;
    }
  }

  #startLiteral(literal: Uint8Array): void {
    this.#literal = literal;
    this.#literalAt = 1;
    this.#state = State.Literal;
  }

  /** Advances to the end of the string or of the chunk, or to a byte that needs a closer look. */
  #string(chunk: Uint8Array, from: number): number {
    const length = chunk.length;
    let at = from;
    while (this.#matched !== NO_KEY && at < length && isPlain(chunk[at]!)) {
      this.#match(chunk[at]!);
      at += 1;
    }
    at = this.#skipPlain(chunk, at);
    if (at === length || chunk[at] === 0x0a) return at;
    const byte = chunk[at]!;
    if (byte === 0x22) this.#state = this.#isKey ? State.Colon : State.AfterValue;
    else if (byte === 0x5c) this.#state = State.Escape;
    else if (byte >= 0x80) this.#utf8Lead(byte);
    else this.#state = State.Bad;
    return at + 1;
  }

  /** `code`: the next UTF-16 unit of a top-level key. `"\u0074imestamp"` is the same key. */
  #match(code: number): void {
    if (this.#matched === NO_KEY) return;
    this.#matched = TIMESTAMP_KEY[this.#matched] === code ? this.#matched + 1 : NO_KEY;
  }

  #escape(byte: number): void {
    if (byte === 0x75) {
      this.#hexLeft = 4;
      this.#hexValue = 0;
      this.#state = State.Hex;
    } else if (SIMPLE_ESCAPES.has(byte)) {
      // None of the characters these stand for is in `timestamp`.
      this.#matched = NO_KEY;
      this.#state = State.String;
    } else this.#state = State.Bad;
  }

  #hex(byte: number): void {
    const digit = hexDigit(byte);
    if (digit === -1) {
      this.#state = State.Bad;
      return;
    }
    this.#hexValue = this.#hexValue * 16 + digit;
    if (--this.#hexLeft === 0) {
      this.#match(this.#hexValue);
      this.#state = State.String;
    }
  }

  /** The well-formed byte sequences of the Unicode standard, table 3-7. */
  #utf8Lead(byte: number): void {
    this.#matched = NO_KEY;
    this.#state = State.Utf8;
    this.#utf8Low = 0x80;
    this.#utf8High = 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf) this.#utf8Left = 1;
    else if (byte >= 0xe0 && byte <= 0xef) {
      this.#utf8Left = 2;
      if (byte === 0xe0) this.#utf8Low = 0xa0;
      if (byte === 0xed) this.#utf8High = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.#utf8Left = 3;
      if (byte === 0xf0) this.#utf8Low = 0x90;
      if (byte === 0xf4) this.#utf8High = 0x8f;
    } else this.#state = State.Bad;
  }

  #utf8(byte: number): void {
    if (byte < this.#utf8Low || byte > this.#utf8High) {
      this.#state = State.Bad;
      return;
    }
    this.#utf8Low = 0x80;
    this.#utf8High = 0xbf;
    if (--this.#utf8Left === 0) this.#state = State.String;
  }

  #startNumber(state: State, at: number): void {
    this.#digits = 0;
    this.#numberHead = '';
    this.#numberAt = this.#isTimestamp && this.#depth === 1 ? at : -1;
    this.#state = state;
  }

  #integer(): void {
    this.#digits = 1;
    this.#state = State.Integer;
  }

  #number(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && isDigit(chunk[at]!)) at += 1;
    if (this.#state === State.Integer) this.#digits += at - from;
    if (at === chunk.length || chunk[at] === 0x0a) return at;
    const byte = chunk[at]!;
    if (this.#state === State.Integer) return at + this.#afterInteger(byte, chunk, at);
    if (this.#state === State.Fraction && (byte === 0x65 || byte === 0x45)) {
      this.#state = State.ExponentMark;
      return at + 1;
    }
    this.#endNumber(chunk, at);
    this.#state = State.AfterValue;
    return at;
  }

  #afterInteger(byte: number, chunk: Uint8Array, at: number): 0 | 1 {
    if (byte === 0x2e) this.#state = State.Point;
    else if (byte === 0x65 || byte === 0x45) this.#state = State.ExponentMark;
    else if (this.#digits > MAX_INTEGER_DIGITS) this.#state = State.Bad;
    else {
      this.#endNumber(chunk, at);
      this.#state = State.AfterValue;
      return 0;
    }
    return 1;
  }

  #collect(chunk: Uint8Array, end: number): void {
    if (this.#numberHead.length > MAX_TIMESTAMP_CHARS) return;
    const room = MAX_TIMESTAMP_CHARS + 1;
    this.#numberHead += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString(
      'latin1',
      this.#numberAt,
      Math.min(end, this.#numberAt + room),
    );
  }

  #endNumber(chunk: Uint8Array, end: number): void {
    if (this.#numberAt === -1) return;
    this.#collect(chunk, end);
    this.#numberAt = -1;
    this.#timestamp =
      this.#numberHead.length > MAX_TIMESTAMP_CHARS ? NaN : Number(this.#numberHead);
  }

  #endLine(end: number): void {
    const start = this.lineStart;
    const timestamp = this.#timestamp;
    const state = this.#state;
    this.lineStart = end;
    this.#state = State.Start;
    this.#depth = 0;
    this.#timestamp = NaN;
    this.#isTimestamp = false;
    this.#numberAt = -1;
    if (state === State.Done) {
      const dated = Number.isFinite(timestamp);
      this.#onLine(dated ? 'record' : 'undated', start, end, dated ? timestamp : NaN);
    } else {
      this.#onLine(state === State.Start ? 'blank' : 'unreadable', start, end, NaN);
    }
  }
}

const SIMPLE_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
