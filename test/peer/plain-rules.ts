// Asks the plain rules in Python what they list: one process that answers question after question.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../support/papyra.js';

export interface Rules {
  now: number;
  max_age_seconds?: number | undefined;
  max_records?: number | undefined;
  max_total_bytes?: number | undefined;
}

/** Files: the oldest first. Streams: `data` in base64. */
export type Question = { rules: Rules } & (
  | { files: string[] }
  | { streams: { key: string; kind: string; entries: [id: string, data: string][] }[] }
);

export class PlainRules {
  readonly #python = spawn('python3', [join(ROOT, 'test/support/listing_oracle.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  readonly #answers = createInterface({ input: this.#python.stdout })[Symbol.asyncIterator]();

  /** What is listed, as one text: a line in base64 for each record. */
  async list(question: Question): Promise<string> {
    this.#python.stdin.write(`${JSON.stringify(question)}\n`);
    const answer = await this.#answers.next();
    if (answer.done) throw new Error('the plain rules have ended; see above');
    return (JSON.parse(answer.value) as string[]).join('\n');
  }

  async stop(): Promise<void> {
    const ended = once(this.#python, 'exit');
    this.#python.stdin.end();
    await ended;
  }
}
