import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { CommanderError } from 'commander';
import type { Context } from '../commands/context.js';
import type { GlobalFlags } from '../commands/options.js';
import { buildProgram } from '../commands/program.js';
import { PapyraError, type ErrorCode } from './errors.js';
import { errorDocument } from './output/error-document.js';
import { printable, printableJson } from './output/text.js';

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

/** Runs the command line of this process, and ends it when all of the output is out. */
export async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const context = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: stopOnSignals(),
  };
  const over = watchStrayCode(args);
  const code = await run(args, context);
  over();
  // Timers and connections of a backend module would keep the process alive.
  process.exit(code);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

async function run(args: string[], context: Context): Promise<number> {
  let changed = false;
  const output = watchOutput(context, args, () => changed);
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
  const code = await program.parseAsync(args, { from: 'user' }).then(
    () => 0,
    async (error: unknown) => {
      if (error instanceof CommanderError && error.exitCode === 0) return 0;
      if (error instanceof CommanderError && error.code === 'commander.help') {
        context.stderr.write(helpText);
        return EXIT_CODES.usage;
      }
      return fail(await asPapyraError(error), args, context);
    },
  );
  await Promise.all([process.stdout, process.stderr].map(flushed));
  return (await output.failure) ?? code;
}

async function fail(error: PapyraError, args: string[], context: Context): Promise<number> {
  const code = exitCodeOf(error);
  const { consoleFor } = await import('../commands/context.js');
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

async function asPapyraError(error: unknown): Promise<PapyraError> {
  if (error instanceof PapyraError) return error;
  if (error instanceof CommanderError) {
    const [, what = '', meant] = /^(?:error: )?([^]*?)(?:\n\((.*)\))?$/.exec(error.message)!;
    return new PapyraError('usage', what, { hint: meant ?? 'see papyra --help; nothing was done' });
  }
  const { errnoOf, systemError } = await import('./files/system-error.js');
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

/**
 * A configuration or backend module is code of somebody else. What it prints is not the result; what it
 * leaves undone, or ends, must not pass for one: Node's own exit codes for that mean something else here.
 * Returns what to call when the run is over.
 */
function watchStrayCode(args: string[]): () => void {
  console.log = console.info = console.debug = console.error;
  const stray = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    die(args, `something failed that nobody waited for: ${reason}`, error);
  };
  const ended = (): void =>
    die(args, 'the process ended before the run did: code of a configuration or a backend module ended it, or waits for what never comes'); // prettier-ignore
  process.on('uncaughtException', stray).on('unhandledRejection', stray).on('exit', ended);
  return () => {
    process.off('uncaughtException', stray).off('unhandledRejection', stray).off('exit', ended);
  };
}

/** The last word, when there is no time for more. */
function die(args: string[], message: string, cause?: unknown): void {
  const error = new PapyraError('internal', message, {
    hint: 'what was done is not known; look at the store, and mend that code or report this',
    cause,
  });
  const { json = false } = looseFlags(args);
  const lines = [`papyra: error: ${printable(message)}`, `  ${error.hint ?? ''}`];
  if (json) lines.push(printableJson(errorDocument(error, EXIT_CODES.internal)));
  if (cause instanceof Error) lines.push(...(cause.stack ?? '').split('\n').map(printable));
  process.removeAllListeners('exit');
  writeSync(2, `${lines.join('\n')}\n`);
  process.exit(EXIT_CODES.internal);
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
function watchOutput(context: Context, args: string[], changed: () => boolean) {
  const output: { failure?: Promise<number> } = {};
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    const why = new PapyraError(
      'io_error',
      `cannot write the result to stdout: ${error.code ?? ''}`,
      {
        hint: changed()
          ? 'the work itself was done; look at papyra metrics persistence'
          : 'nothing was changed; run again with a stdout that has room',
        cause: error,
      },
    );
    output.failure = fail(why, args, context);
  });
  return output;
}
