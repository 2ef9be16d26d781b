import { openSystem, type System } from '../src/index.js';
import { Console, type Stream } from '../src/output/console.js';
import { openOptions, type GlobalFlags, type StoreFlags } from './options.js';

/** What a command found out, where that alone makes an exit code. */
export type Finding = 'check_failed';

/** What a command gets from the process it runs in. */
export interface Context {
  stdout: Stream;
  stderr: Stream;
  env: NodeJS.ProcessEnv;
  /** Aborts when a signal asks for a stop. */
  signal: AbortSignal;
  /** To be told of a finding. */
  found: (finding: Finding) => unknown;
}

export function consoleFor(context: Context, flags: GlobalFlags): Console {
  return new Console(
    context.stdout,
    context.stderr,
    {
      json: flags.json ?? false,
      quiet: flags.quiet ?? false,
      verbose: flags.verbose ?? false,
      color: flags.color ?? 'auto',
    },
    context.env,
  );
}

/** Opens the store that the flags name, for the time of `use`. */
export async function withSystem<T>(
  flags: GlobalFlags & StoreFlags,
  output: Console,
  signal: AbortSignal,
  use: (system: System) => Promise<T>,
): Promise<T> {
  const system = await openSystem({ ...openOptions(flags), signal });
  const { configFile, store } = system;
  output.detail(
    `configuration: ${configFile ?? 'none'}; store: ${store.backend} ${store.target ?? ''}`,
  );
  try {
    return await use(system);
  } finally {
    await system.close();
  }
}
