// Runs the hooks of a configuration (before, after and on the failure of a compaction), and words their failures.
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

/** The time limit of each hook. A hook that needs longer can start a process of its own and return. */
const LIMIT_MS = 60_000;

export interface HooksSetup {
  config: HooksConfig;
  /** Throws when a file may not be executed. */
  assertTrusted: (file: string) => void;
  /** The label of the store, where there are several: PAPYRA_STORE in their environment. */
  store?: string | undefined;
  limitMs?: number;
}

/** How a hook ended that ran after a compaction: its failure is only a warning. */
export interface HookEnd {
  hook: Moment;
  /** What went wrong; null: nothing. */
  failure: string | null;
  /** The run was asked to stop: the hook is not to blame. */
  cutShort: boolean;
}

/** Each hook gets a JSON document on its stdin. */
export class Hooks {
  constructor(readonly setup: HooksSetup) {}

  /** @throws {PapyraError} `config_invalid` for the first hook whose program may not be executed. */
  assertRunnable(): void {
    for (const moment of MOMENTS) {
      const command = this.setup.config.commands[moment];
      if (command) this.#locate(moment, command);
    }
  }

  /**
   * Runs `before_compact` if the plan changes anything.
   *
   * @throws {PapyraError} `try_again` when the hook fails or takes too long; `config_invalid` when it cannot be
   * executed; `interrupted`.
   */
  async before(plan: CompactionReport, signal?: AbortSignal): Promise<void> {
    if (hasWork(plan)) await this.#run('before_compact', plan, signal);
  }

  /** Runs `after_compact` if the plan changed anything. null: it did not run. */
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
    const { config, store, limitMs = LIMIT_MS } = this.setup;
    const command = config.commands[moment];
    if (command === undefined) return;
    if (signal?.aborted) throw interruption(signal);
    const file = this.#locate(moment, command);
    const ending = await runProgram({
      file,
      args: command.slice(1),
      directory: config.directory,
      env: { PAPYRA_HOOK: moment, ...(store !== undefined && { PAPYRA_STORE: store }) },
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

/** Errors of a machine that lacks memory or descriptors for a moment. */
const SHORTAGES = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'];

/** The message names the program without its arguments, which may hold a password. */
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

/** Also true for a backend that cannot tell before it works. */
function hasWork({ status, parts, records }: CompactionReport): boolean {
  if (status !== 'dry_run') return false;
  if (parts.length === 0) return records.scanned === null;
  return parts.some(({ action }) => action !== 'unchanged');
}
