// Splits bytes into lines in bounded memory: a line that is too long to be held comes in pieces.
import { LONGEST_LINE } from '../log/lines-of.js';

/** A line, or a piece of one. */
export interface Piece {
  /** With the newline, where there is one. Valid until the next list is asked for. */
  bytes: Buffer;
  begins: boolean;
  ends: boolean;
}

export async function* pieces(source: AsyncIterable<Buffer>): AsyncGenerator<Piece[], void> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let begins = true;
  for await (const chunk of source) {
    const found: Piece[] = [];
    let at = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, at)) {
      const rest = chunk.subarray(at, end + 1);
      const bytes = held.length === 0 ? rest : Buffer.concat([...held, rest]);
      found.push({ bytes, begins, ends: true });
      [held, heldBytes, begins, at] = [[], 0, true, end + 1];
    }
    if (at < chunk.length) {
      held.push(chunk.subarray(at));
      heldBytes += chunk.length - at;
    }
    if (heldBytes > LONGEST_LINE) {
      found.push({ bytes: Buffer.concat(held), begins, ends: false });
      [held, heldBytes, begins] = [[], 0, false];
    }
    if (found.length > 0) yield found;
  }
  if (heldBytes > 0) yield [{ bytes: Buffer.concat(held), begins, ends: true }];
}

/** Hands out one piece after the other. */
export class PieceReader {
  readonly #lists: AsyncGenerator<Piece[], void>;
  #list: Piece[] = [];
  #at = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#lists = pieces(source);
  }

  /** undefined: there is no more. The piece is valid until the next one is asked for. */
  async next(): Promise<Piece | undefined> {
    if (this.#at === this.#list.length) {
      const next = await this.#lists.next();
      if (next.done) return undefined;
      this.#list = next.value;
      this.#at = 0;
    }
    return this.#list[this.#at++];
  }

  async close(): Promise<void> {
    await this.#lists.return(undefined);
  }
}
