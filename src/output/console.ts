// Writes results to stdout, and warnings and errors to stderr; with --quiet it writes only errors.
import type { PapyraError } from '../errors/errors.js';
import { errorDocument } from '../errors/exit-codes.js';
import { paintFor, type ColorMode, type Paint } from './paint.js';
import { printable, printableJson } from './text.js';
import { fitted, type TerminalWidth } from './wrap.js';

export interface ConsoleOptions {
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  color: ColorMode;
}

export interface Stream extends TerminalWidth {
  write(text: string): unknown;
}

export class Console {
  readonly paint: Paint;
  readonly #paintError: Paint;

  constructor(
    readonly stdout: Stream,
    readonly stderr: Stream,
    readonly options: ConsoleOptions,
    env: NodeJS.ProcessEnv,
  ) {
    this.paint = paintFor(stdout, options.color, env);
    this.#paintError = paintFor(stderr, options.color, env);
  }

  /** The one result of a command: a document with `--json`, else a text. */
  result(document: unknown, text: (paint: Paint) => string): void {
    if (this.options.quiet) return;
    this.stdout.write(
      this.options.json ? `${printableJson(document, 2)}\n` : fitted(text(this.paint), this.stdout),
    );
  }

  /** A result for a file or a program: its lines are not broken to fit a terminal. */
  verbatim(text: string): void {
    if (!this.options.quiet) this.stdout.write(text);
  }

  warnings(warnings: readonly string[]): void {
    if (this.options.quiet) return;
    for (const warning of warnings) {
      this.#say(`papyra: ${this.#paintError.yellow('warning:')} ${printable(warning)}`);
    }
  }

  /** Written with `--verbose` only. */
  detail(text: string): void {
    if (this.options.verbose) this.note(text);
  }

  /** What happens while a service runs. */
  note(text: string): void {
    if (!this.options.quiet) this.#say(`papyra: ${printable(text)}`);
  }

  /** One or two lines: what failed, and what to do. With `--json` a document in one line follows. `store`: of many. */
  failure(error: PapyraError, store?: string): void {
    const { message, hint, code } = error;
    const where = store === undefined ? '' : `${printable(store)}: `;
    this.#say(`papyra: ${this.#paintError.red('error:')} ${where}${printable(message)}`);
    if (hint !== undefined) this.#say(`  ${printable(hint)}`);
    const document = { ...(store !== undefined && { store }), ...errorDocument(error) };
    if (this.options.json) this.stderr.write(`${printableJson(document)}\n`);
    if (this.options.verbose || code === 'internal') this.#trace(error);
  }

  #say(line: string): void {
    this.stderr.write(`${fitted(line, this.stderr)}\n`);
  }

  #trace(error: unknown): void {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      const lines = (cause.stack ?? String(cause)).split('\n').map(printable);
      this.stderr.write(`${this.#paintError.dim(lines.join('\n'))}\n`);
    }
  }
}
