import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { consoleFor, type Context } from '../commands/context.js';
import type { GlobalFlags } from '../commands/options.js';
import { buildProgram } from '../commands/program.js';
import { PapyraError, type ErrorCode } from './errors.js';
import { errnoOf, systemError } from './files/system-error.js';

declare const PAPYRA_VERSION: string;

/** The one table from what went wrong to the exit code. */
const EXIT_CODES: Record<Exclude<ErrorCode, 'interrupted'>, number> = {
  usage: 64,
  refused: 65,
  not_found: 66,
  unreachable: 69,
  internal: 70,
  io_error: 74,
  try_again: 75,
  permission_denied: 77,
  config_invalid: 78,
};

/** The commands that change a store. */
const CHANGING = ['compact', 'reset'];

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the command line of this process. Sets the exit code; never ends the process itself. */
export async function main(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: stopOnSignals(),
  });
}

async function run(args: string[], context: Context): Promise<number> {
  let changed = false;
  watchOutput(context, args, () => changed);
  const program = buildProgram(PAPYRA_VERSION, context);
  program.hook('preAction', (_program, command) => {
    const { dryRun } = command.opts<{ dryRun?: boolean }>();
    changed = CHANGING.includes(command.name()) && dryRun !== true;
  });
  let helpText = '';
  const quietly = (command: typeof program): void => {
    command.exitOverride().configureOutput({ writeErr: (text) => (helpText += text) });
    command.commands.forEach(quietly);
  };
  quietly(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (error.code === 'commander.help') {
        context.stderr.write(helpText);
        return EXIT_CODES.usage;
      }
    }
    return fail(asPapyraError(error), args, context);
  }
}

function fail(error: PapyraError, args: string[], context: Context): number {
  const code = exitCodeOf(error);
  consoleFor(context, looseFlags(args)).failure(error, code);
  return code;
}

function exitCodeOf({ code, signal }: PapyraError): number {
  if (code !== 'interrupted') return EXIT_CODES[code];
  return 128 + constants.signals[signal ?? 'SIGTERM'];
}

/** The flags that matter for printing an error, also when the others could not be understood. */
function looseFlags(args: string[]): GlobalFlags {
  const colors = args.map((arg, at) =>
    arg === '--color' ? args[at + 1] : /^--color=(.*)/.exec(arg)?.[1],
  );
  const color = colors.findLast((when) => when !== undefined);
  return {
    json: args.includes('--json'),
    verbose: args.includes('--verbose'),
    color: color === 'always' || color === 'never' ? color : 'auto',
  };
}

function asPapyraError(error: unknown): PapyraError {
  if (error instanceof PapyraError) return error;
  if (error instanceof CommanderError) {
    const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
    const hint = rest.join(' ').replace(/^\(|\)$/g, '') || 'see papyra --help; nothing was done';
    return new PapyraError('usage', first, { hint });
  }
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (errnoOf(error) !== undefined && syscall !== undefined) {
    return systemError(error, syscall, path ?? 'a file') as PapyraError;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new PapyraError('internal', `a bug in papyra: ${reason}`, {
    hint: 'please report it with the lines below',
    cause: error,
  });
}

/** The first signal stops at the next safe point; a second one of SIGINT ends at once. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of STOP_SIGNALS) {
    process.once(signal, () => {
      const message = `stopped by ${signal}`;
      controller.abort(
        new PapyraError('interrupted', message, {
          signal,
          hint: 'the storage is as it was; run again to compact it',
        }),
      );
    });
  }
  return controller.signal;
}

/** A reader that has gone away is its own affair; a result that cannot be written is a failure. */
function watchOutput(context: Context, args: string[], changed: () => boolean): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.exitCode = fail(
      new PapyraError('io_error', `cannot write the result to stdout: ${error.code ?? ''}`, {
        hint: changed()
          ? 'the work itself was done; look at papyra metrics persistence'
          : 'nothing was changed; run again with a stdout that has room',
        cause: error,
      }),
      args,
      context,
    );
  });
}
