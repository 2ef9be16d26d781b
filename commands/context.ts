// Defines what commands get from their process, and opens the console and the store for them.
import { PapyraError } from '../src/errors/errors.js';
import type { Finding } from '../src/errors/exit-codes.js';
import { openStores, type System } from '../src/index.js';
import { Console, type Stream } from '../src/output/console.js';
import { openOptions, type GlobalFlags, type StoreFlags } from './options.js';

/** What a command gets from the process it runs in. */
export interface Context {
  stdout: Stream;
  stderr: Stream;
  env: NodeJS.ProcessEnv;
  /** Aborts when a signal asks for a stop. */
  signal: AbortSignal;
  /** From now on a SIGHUP calls this, in place of asking for a stop. */
  onHangup: (listener: () => void) => unknown;
  /** Reports a finding. */
  found: (finding: Finding) => unknown;
}

export function consoleFor({ stdout, stderr, env }: Context, flags: GlobalFlags): Console {
  const { json = false, quiet = false, verbose = false, color = 'auto' } = flags;
  return new Console(stdout, stderr, { json, quiet, verbose, color }, env);
}

/** The same for a result: --quiet silences only a success. */
export function consoleForResult(
  context: Context,
  flags: GlobalFlags,
  isSuccess: boolean,
): Console {
  return consoleFor(context, isSuccess ? flags : { ...flags, quiet: false });
}

/** Opens the store that the flags name, and closes it when `use` has ended. */
export async function withSystem<T>(
  flags: GlobalFlags & StoreFlags,
  output: Console,
  signal: AbortSignal,
  use: (system: System) => Promise<T>,
): Promise<T> {
  const { store } = flags;
  const set = await openStores({ ...openOptions(flags), ...(store && { store }), signal });
  const [only, ...others] = set.stores;
  if (!only || others.length > 0) {
    throw severalStores(
      set.stores.map(({ label }) => label),
      set.warnings,
    );
  }
  return using(() => only.open(), output, use);
}

/** How many are named in an error. */
const NAMED = 20;

/** The error of a command that works on one store, and was not told on which. */
export function severalStores(
  labels: readonly string[],
  warnings: readonly string[],
  why = `this command works on one store, and ${labels.length} are meant`,
): PapyraError {
  if (labels.length === 0) {
    return new PapyraError('not_found', warnings[0] ?? 'the configuration has no store');
  }
  const some = labels.slice(0, NAMED).join(', ');
  const more = labels.length > NAMED ? ` and ${labels.length - NAMED} more` : '';
  return new PapyraError('usage', why, {
    hint: `add --store NAME with one of ${some}${more}; nothing was done`,
  }); // prettier-ignore
}

/** The same, for a store that is known how to be opened. */
export async function using<T>(
  open: () => Promise<System>,
  output: Console,
  use: (system: System) => Promise<T>,
): Promise<T> {
  const system = await open();
  const { configFile, store } = system;
  const { backend, target } = store;
  output.detail(`configuration: ${configFile ?? 'none'}; store: ${backend} ${target ?? ''}`);
  try {
    return await use(system);
  } finally {
    await system.close();
  }
}
