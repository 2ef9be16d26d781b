// Waits for a time, or until somebody has a reason to wake the sleeper earlier.
export class Alarm {
  #wake: (() => void) | undefined;
  #rung = false;

  /** Ends the wait that is on, or the next one. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
