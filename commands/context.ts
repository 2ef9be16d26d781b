// Defines what commands get from their process, and opens the console and the store for them.
import { openSystem, type System } from '../src/index.js';
import { Console, type Stream } from '../src/output/console.js';
import { openOptions, type GlobalFlags, type StoreFlags } from './options.js';

/** A result that is no error but has an exit code of its own. */
export type Finding = 'check_failed' | 'archive_damaged' | 'anomalies_found' | 'anomalies_remain';

/** What a command gets from the process it runs in. */
export interface Context {
  stdout: Stream;
  stderr: Stream;
  env: NodeJS.ProcessEnv;
  /** Aborts when a signal asks for a stop. */
  signal: AbortSignal;
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
  const system = await openSystem({ ...openOptions(flags), signal });
  const { configFile, store } = system;
  const { backend, target } = store;
  output.detail(`configuration: ${configFile ?? 'none'}; store: ${backend} ${target ?? ''}`);
  try {
    return await use(system);
  } finally {
    await system.close();
  }
}
