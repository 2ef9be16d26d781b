// Defines what commands get from their process, and opens the console and the store for them.
import { PapyraError } from '../src/errors/errors.js';
import type { Finding } from '../src/errors/exit-codes.js';
import { openSystem, type System } from '../src/index.js';
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
  const store = onlyOf(flags.store);
  const options = { ...openOptions(flags), ...(store !== undefined && { store }), signal };
  return using(() => openSystem(options), output, use);
}

function onlyOf(names: readonly string[] = []): string | undefined {
  const [name, ...others] = new Set(names);
  if (others.length === 0) return name;
  throw new PapyraError(
    'usage',
    `--store was given ${names.length} times: this command takes one store`,
    {
      hint: 'run it for each; nothing was done',
    },
  );
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
