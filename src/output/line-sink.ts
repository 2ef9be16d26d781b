// Writes many lines to a stream: in large pieces, no faster than they are taken, until nobody reads any more.

/** What is written to: a stream of Node. */
export interface Sink {
  write(bytes: Uint8Array, done: () => void): unknown;
  once(event: 'error' | 'close', listener: () => void): unknown;
  off(event: 'error' | 'close', listener: () => void): unknown;
  destroyed?: boolean;
}

/** Written at a time. */
const PIECE_BYTES = 1 << 16;

export class LineSink {
  /** One is filled while the other is written: a new one each time would be a burden for the garbage collector. */
  #filling = Buffer.allocUnsafeSlow(2 * PIECE_BYTES);
  #other = Buffer.allocUnsafeSlow(2 * PIECE_BYTES);
  #bytes = 0;
  #planned: NodeJS.Immediate | undefined;
  #writing: Promise<void> | undefined;
  #gone = false;

  constructor(readonly stream: Sink) {
    const gone = (): void => {
      this.#gone = true;
    };
    stream.once('error', gone);
    stream.once('close', gone);
  }

  /** Whether nobody reads any more. */
  get isGone(): boolean {
    return this.#gone || this.stream.destroyed === true;
  }

  /** Whether to `flush` before more is written. */
  get isFull(): boolean {
    return this.#bytes >= PIECE_BYTES;
  }

  /** Takes bytes, which the caller may use again. They are written at the latest when something is waited for. */
  write(...pieces: (string | Uint8Array)[]): void {
    for (const piece of pieces) {
      // Of a text, three bytes a character at most.
      const needed = this.#bytes + (typeof piece === 'string' ? 3 : 1) * piece.length;
      if (needed > this.#filling.length) this.#grow(needed);
      if (typeof piece === 'string') this.#bytes += this.#filling.write(piece, this.#bytes);
      else {
        this.#filling.set(piece, this.#bytes);
        this.#bytes += piece.length;
      }
    }
    this.#planned ??= setImmediate(() => void this.flush());
  }

  /** Writes what was taken, and waits until the reader has taken it. */
  async flush(): Promise<void> {
    if (this.#planned) clearImmediate(this.#planned);
    this.#planned = undefined;
    while (this.#writing) await this.#writing;
    if (this.#bytes === 0 || this.isGone) return;
    const all = this.#filling.subarray(0, this.#bytes);
    [this.#filling, this.#other] = [this.#other, this.#filling];
    this.#bytes = 0;
    this.#writing = this.#written(all);
    await this.#writing;
    this.#writing = undefined;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(2 * needed);
    this.#filling.copy(larger, 0, 0, this.#bytes);
    this.#filling = larger;
  }

  /** Until the bytes are out, or nobody reads any more. */
  #written(bytes: Buffer): Promise<void> {
    const { stream } = this;
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['error', 'close'] as const) stream.off(event, done);
        resolve();
      };
      for (const event of ['error', 'close'] as const) stream.once(event, done);
      stream.write(bytes, done);
    });
  }
}
