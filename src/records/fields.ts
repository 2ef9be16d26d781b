// Finds the values of some top-level fields in the text of a record.

/** The fields that say what a record is, when it was written, and whom it concerns. */
export const FIELDS = [
  'kind',
  'timestamp',
  'event_type',
  'message_type',
  'actor_address',
  'actor',
  'target',
] as const;

export type Field = (typeof FIELDS)[number];

/** Of a value that is spread over several pushes, so many bytes are kept at most. */
const MOST_KEPT = 8192;
/** The longest key that may be one of ours: escaped, a letter takes six bytes. */
const MAX_KEY = 6 * Math.max(...FIELDS.map(({ length }) => length));
const NO_FIELD = -1;

const NAMES = FIELDS.map((name) => Buffer.from(name));
/** No two are of one length. */
const BY_LENGTH = Array.from({ length: 1 + Math.max(...FIELDS.map(({ length }) => length)) }, (_, length) => FIELDS.findIndex((name) => name.length === length)); // prettier-ignore

enum State {
  /** In front of a key, or behind the object. */
  Between,
  Key,
  /** Behind a key: a colon, blanks, then the value. */
  Colon,
  Text,
  /** Inside an object or an array that is a value. */
  Nested,
  NestedText,
  /** A number, `true`, `NaN` and so on. */
  Plain,
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/**
 * Reads records of which it is known that they are readable (a LineScanner or the kernel has said so): then a quote, a
 * bracket and a comma are all there is to look for. Of duplicate keys the last one counts; nested ones do not count. A
 * record may come in any number of pieces; nothing of it is copied while it comes in one.
 */
export class FieldReader {
  readonly #starts = new Int32Array(FIELDS.length);
  readonly #ends = new Int32Array(FIELDS.length);
  /** Values of earlier pieces, or values that began in one. */
  readonly #texts: (string | undefined)[] = FIELDS.map(() => undefined);
  #inPieces = false;
  #isBegun = false;
  #piece: Buffer = Buffer.alloc(0);
  #state = State.Between;
  /** A backslash was the last byte. */
  #escaped = false;
  #depth = 0;
  #field = NO_FIELD;
  /** What earlier pieces had of the key or value at hand. */
  #head = '';

  /** A new record begins. */
  begin(): void {
    this.#ends.fill(0);
    if (this.#inPieces) this.#texts.fill(undefined);
    this.#inPieces = false;
    this.#state = State.Between;
    this.#isBegun = false;
    this.#escaped = false;
    this.#head = '';
  }

  /**
   * The text of a field's value, as JSON, a character for each byte; undefined: there is no such field. It is looked up in
   * the last piece: ask before that changes.
   */
  text(field: Field): string | undefined {
    const at = FIELDS.indexOf(field);
    const end = this.#ends[at]!;
    return end === 0 ? this.#texts[at] : this.#piece.toString('latin1', this.#starts[at], end);
  }

  /** Takes the next bytes of the record: `[from, to)` of a buffer. */
  push(bytes: Buffer, from: number, to: number): void {
    if (this.#isBegun) this.#keepTexts();
    this.#isBegun = true;
    this.#piece = bytes;
    let state = this.#state;
    let at = from;
    // Where the key or value at hand begins in this piece.
    let start = from;
    while (at < to) {
      switch (state) {
        case State.Between:
          while (at < to && bytes[at] !== QUOTE) at += 1;
          if (at === to) break;
          at += 1;
          start = at;
          state = State.Key;
          break;
        case State.Key: {
          const end = this.#endOfText(bytes, at, to);
          if (end === -1) at = to;
          else {
            this.#field = this.#fieldOf(bytes, start, end);
            this.#head = '';
            at = end + 1;
            state = State.Colon;
          }
          break;
        }
        case State.Colon: {
          const byte = bytes[at]!;
          if (byte <= SPACE || byte === 0x3a) {
            at += 1;
            break;
          }
          start = at;
          if (byte === QUOTE) {
            at += 1;
            state = State.Text;
          } else if (byte === 0x7b || byte === 0x5b) {
            at += 1;
            this.#depth = 1;
            state = State.Nested;
          } else state = State.Plain;
          break;
        }
        case State.Text: {
          const end = this.#endOfText(bytes, at, to);
          if (end === -1) at = to;
          else {
            at = end + 1;
            this.#found(bytes, start, at);
            state = State.Between;
          }
          break;
        }
        case State.NestedText: {
          const end = this.#endOfText(bytes, at, to);
          if (end === -1) at = to;
          else {
            at = end + 1;
            state = State.Nested;
          }
          break;
        }
        case State.Nested: {
          let depth = this.#depth;
          for (; at < to && depth > 0; at++) {
            const byte = bytes[at]!;
            if (byte === QUOTE) break;
            // { and [ differ from } and ] in these two bits.
            if ((byte | 0x20) === 0x7b) depth += 1;
            else if ((byte | 0x20) === 0x7d) depth -= 1;
          }
          this.#depth = depth;
          if (depth === 0) {
            this.#found(bytes, start, at);
            state = State.Between;
          } else if (at < to) {
            at += 1;
            state = State.NestedText;
          }
          break;
        }
        case State.Plain: {
          while (at < to && isPlain(bytes[at]!)) at += 1;
          if (at === to) break;
          this.#found(bytes, start, at);
          state = State.Between;
          break;
        }
      }
    }
    this.#state = state;
    if (state !== State.Between && state !== State.Colon) this.#keepHead(bytes, start, to);
  }

  /** Where the quote is that ends a text; -1: in a later piece. */
  #endOfText(bytes: Buffer, from: number, to: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at += 1;
    }
    for (; at < to; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) at += 1;
    }
    this.#escaped = at > to;
    return -1;
  }

  #fieldOf(bytes: Buffer, start: number, end: number): number {
    if (this.#head !== '' || bytes[start] === BACKSLASH) return this.#spelledOut(bytes, start, end);
    const length = end - start;
    const field = length < BY_LENGTH.length ? BY_LENGTH[length]! : NO_FIELD;
    if (field !== NO_FIELD) {
      const name = NAMES[field]!;
      let same = 0;
      while (same < length && name[same] === bytes[start + same]) same += 1;
      if (same === length) return field;
    }
    // Escaped, a key may be any of them.
    if (length < 6 || length > MAX_KEY) return NO_FIELD;
    for (let at = start; at < end; at++) {
      if (bytes[at] === BACKSLASH) return this.#spelledOut(bytes, start, end);
    }
    return NO_FIELD;
  }

  #spelledOut(bytes: Buffer, start: number, end: number): number {
    if (this.#head.length + end - start > MAX_KEY) return NO_FIELD;
    const text = this.#head + bytes.toString('latin1', start, end);
    return FIELDS.indexOf(JSON.parse(`"${text}"`) as Field);
  }

  #found(bytes: Buffer, start: number, end: number): void {
    const field = this.#field;
    const head = this.#head;
    this.#head = '';
    if (field === NO_FIELD) return;
    if (head === '') {
      this.#starts[field] = start;
      this.#ends[field] = end;
    } else {
      this.#ends[field] = 0;
      this.#inPieces = true;
      this.#texts[field] = cut(
        head + bytes.toString('latin1', start, Math.min(end, start + MOST_KEPT)),
      );
    }
  }

  /** Of the key or value at hand: what this piece has of it. */
  #keepHead(bytes: Buffer, start: number, to: number): void {
    const isWanted = this.#state === State.Key || this.#field !== NO_FIELD;
    if (!isWanted || this.#head.length >= MOST_KEPT) return;
    this.#head = cut(this.#head + bytes.toString('latin1', start, Math.min(to, start + MOST_KEPT)));
  }

  /** The piece in which these values were is about to go. */
  #keepTexts(): void {
    for (let field = 0; field < FIELDS.length; field++) {
      const end = this.#ends[field]!;
      if (end === 0) continue;
      const start = this.#starts[field]!;
      this.#inPieces = true;
      this.#texts[field] = this.#piece.toString('latin1', start, Math.min(end, start + MOST_KEPT));
      this.#ends[field] = 0;
    }
  }
}

function cut(text: string): string {
  return text.length > MOST_KEPT ? text.slice(0, MOST_KEPT) : text;
}

function isPlain(byte: number): boolean {
  return byte > SPACE && byte !== 0x2c && byte !== 0x7d;
}
