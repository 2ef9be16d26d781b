import type { HooksConfig, HooksInput } from '../config/types.js';
import { interruption, PapyraError } from '../errors/errors.js';
import { errorDocument } from '../errors/exit-codes.js';
import type { CompactionReport } from '../report/report.js';
import { findProgram } from './program.js';
import { runProgram, type Ending } from './run.js';

const MOMENTS = [
  'before_compact',
  'after_compact',
  'on_error',
] as const satisfies (keyof HooksInput)[];
type Moment = (typeof MOMENTS)[number];

/** The same for every hook. One that needs longer can start what it needs and come back. */
const LIMIT_MS = 60_000;

export interface HooksSetup {
  config: HooksConfig;
  /** Asks whether a file may be executed; throws when it may not. */
  assertTrusted: (file: string) => void;
  limitMs?: number;
}

/** How a hook ended that came after a run: its failure is a warning. */
export interface HookEnd {
  hook: Moment;
  /** In words; null: it did not fail. */
  failure: string | null;
  /** By a stop of the run, which is no fault of the hook. */
  cutShort: boolean;
}

/** The programs that run around a compaction. Each can read a document from its stdin. */
export class Hooks {
  constructor(readonly setup: HooksSetup) {}

  /**
   * Finds the programs of all hooks, and asks whether they may be executed.
   *
   * @throws {PapyraError} `config_invalid` for the first one that may not.
   */
  assertRunnable(): void {
    for (const moment of MOMENTS) {
      const command = this.setup.config.commands[moment];
      if (command) this.#locate(moment, command);
    }
  }

  /**
   * Runs `before_compact` where the plan has anything to do.
   *
   * @throws {PapyraError} `try_again` when the hook says no, or nothing in time; `config_invalid` when it
   * cannot be executed; `interrupted`.
   */
  async before(plan: CompactionReport, signal?: AbortSignal): Promise<void> {
    if (hasWork(plan)) await this.#run('before_compact', plan, signal);
  }

  /** Runs `after_compact` where there was anything to do. null: it did not run. */
  async after(
    plan: CompactionReport,
    report: CompactionReport,
    signal?: AbortSignal,
  ): Promise<HookEnd | null> {
    return hasWork(plan) ? this.#tried('after_compact', report, signal) : null;
  }

  /** Runs `on_error`, unless the run was asked to stop. null: it did not run. */
  async failed(error: PapyraError, signal?: AbortSignal): Promise<HookEnd | null> {
    return error.code === 'interrupted'
      ? null
      : this.#tried('on_error', errorDocument(error), signal);
  }

  async #tried(moment: Moment, document: object, signal?: AbortSignal): Promise<HookEnd | null> {
    if (this.setup.config.commands[moment] === undefined) return null;
    try {
      await this.#run(moment, document, signal);
      return { hook: moment, failure: null, cutShort: false };
    } catch (error) {
      const { code, message } = error as PapyraError;
      const cutShort = code === 'interrupted';
      const failure = cutShort ? `the ${moment} hook was cut short: ${message}` : message;
      return { hook: moment, failure, cutShort };
    }
  }

  async #run(moment: Moment, document: object, signal?: AbortSignal): Promise<void> {
    const { config, limitMs = LIMIT_MS } = this.setup;
    const command = config.commands[moment];
    if (command === undefined) return;
    if (signal?.aborted) throw interruption(signal);
    const file = this.#locate(moment, command);
    const ending = await runProgram({
      file,
      args: command.slice(1),
      directory: config.directory,
      env: { PAPYRA_HOOK: moment },
      input: `${JSON.stringify(document)}\n`,
      limitMs,
      signal,
    });
    if (signal?.aborted) throw interruption(signal);
    if (ending.trouble !== undefined) throw failure(moment, command, ending);
  }

  #locate(moment: Moment, [name]: readonly string[]): string {
    const { config, assertTrusted } = this.setup;
    const file = findProgram(name!, config.directory, moment);
    assertTrusted(file);
    return file;
  }
}

/** What a machine may be short of for a moment. */
const SHORTAGES = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'];

/** The program is named, its arguments are not: they may hold a password. */
function failure(
  moment: Moment,
  [name]: readonly string[],
  { trouble, said, cause }: Ending,
): PapyraError {
  const what = `the ${moment} hook ${name!}`;
  if (cause !== undefined) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const passes = SHORTAGES.includes(code ?? '');
    return new PapyraError(
      passes ? 'try_again' : 'config_invalid',
      `${what} cannot be started: ${message}`,
      { hint: `nothing was changed; ${passes ? 'run again' : 'look at its first line, such as #!/bin/sh'}`, cause }, // prettier-ignore
    );
  }
  const verb = moment === 'before_compact' ? 'vetoed the run' : 'failed';
  const words = said === '' ? '' : `: ${said}`;
  return new PapyraError('try_again', `${what} ${verb} (${trouble!})${words}`, {
    hint: 'nothing was changed; run again when the hook allows it',
  });
}

/** A backend that knows nothing beforehand may have. */
function hasWork({ status, parts, records }: CompactionReport): boolean {
  if (status !== 'dry_run') return false;
  if (parts.length === 0) return records.scanned === null;
  return parts.some(({ action }) => action !== 'unchanged');
}
