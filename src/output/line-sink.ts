// Writes many lines to a stream: in large pieces, no faster than they are taken, until nobody reads any more.

/** What is written to: a stream of Node. */
export interface Sink {
  write(bytes: string | Uint8Array): boolean;
  once(event: 'drain' | 'error' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'error' | 'close', listener: () => void): unknown;
  destroyed?: boolean;
}

const PIECE_BYTES = 1 << 16;

export class LineSink {
  #pieces: Buffer[] = [];
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
      const bytes = Buffer.from(piece as Uint8Array);
      this.#pieces.push(bytes);
      this.#bytes += bytes.length;
    }
    this.#planned ??= setImmediate(() => void this.flush());
  }

  /** Writes what was taken, and waits until the reader has taken it. */
  async flush(): Promise<void> {
    if (this.#planned) clearImmediate(this.#planned);
    this.#planned = undefined;
    while (this.#writing) await this.#writing;
    if (this.#bytes === 0 || this.isGone) return;
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    if (this.stream.write(all)) return;
    this.#writing = this.#drained();
    await this.#writing;
    this.#writing = undefined;
  }

  #drained(): Promise<void> {
    const { stream } = this;
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close'] as const) stream.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close'] as const) stream.once(event, done);
    });
  }
}
