// Runs the command line of this process: reads argv, handles signals and stray exceptions, sets the exit code.
import { writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { CommanderError } from 'commander';
import type { Context } from '../commands/context.js';
import type { GlobalFlags } from '../commands/options.js';
import { buildProgram } from '../commands/program.js';
import { PapyraError } from './errors/errors.js';
import { asPapyraError, errorDocument, exitCodeOf, findingCode } from './errors/exit-codes.js';
import { printable, printableJson } from './output/text.js';

declare const PAPYRA_VERSION: string;

/** The commands that change a store. */
const CHANGING = ['compact', 'reset', 'recover', 'watch', 'prune', 'restore'];

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends the process when all output has been written. */
export async function main(): Promise<void> {
  assureHome();
  const args = process.argv.slice(2);
  let found = 0;
  const context: Context = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: stopOnSignals(),
    onHangup: (listener) => process.removeAllListeners('SIGHUP').on('SIGHUP', listener),
    found: (finding) => (found = Math.max(found, findingCode(finding))),
  };
  const over = watchStrayCode(args);
  const code = (await run(args, context)) || found;
  over();
  // Timers and connections of a backend module would keep the process alive.
  process.exit(code);
}

/** A user id of a container may have neither a name nor HOME; libraries ask for it. Most containers say `/`, too. */
function assureHome(): void {
  try {
    homedir();
  } catch {
    process.env['HOME'] = '/';
  }
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
        context.stderr.write(args.length === 0 ? await firstText(helpText, context) : helpText);
        return exitCodeOf({ code: 'usage', signal: undefined });
      }
      return fail(await inWords(error), args, context);
    },
  );
  await Promise.all([process.stdout, process.stderr].map(flushed));
  return (await output.failure) ?? code;
}

/** What papyra says when it is called without a word: the help, or where to begin. */
async function firstText(helpText: string, { env }: Context): Promise<string> {
  const { looksConfigured } = await import('./config/looks-configured.js');
  if (looksConfigured(env)) return helpText;
  return (await import('./output/first-steps.js')).FIRST_STEPS;
}

async function fail(error: PapyraError, args: string[], context: Context): Promise<number> {
  const { consoleFor } = await import('../commands/context.js');
  const output = consoleFor(context, looseFlags(args));
  output.warnings(error.warnings);
  if (!error.silent) output.failure(error);
  return exitCodeOf(error);
}

/** Reads the flags that decide how an error is printed, even when commander rejects the others. */
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

async function inWords(error: unknown): Promise<PapyraError> {
  if (!(error instanceof CommanderError)) return asPapyraError(error);
  const [, what = '', meant] = /^(?:error: )?([^]*?)(?:\n\((.*)\))?$/.exec(error.message)!;
  return new PapyraError('usage', what, { hint: meant ?? 'see papyra --help; nothing was done' });
}

/**
 * Guards against foreign code (a configuration, a backend module). What it prints goes to stderr, away from the result.
 * Its stray exceptions, or an exit before the run is over, become an internal error, because Node's own exit codes for
 * them mean something else here. Returns what to call when the run is over.
 */
function watchStrayCode(args: string[]): () => void {
  console.log = console.info = console.debug = console.error;
  const stray = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    die(
      args,
      `unhandled error in the code of a configuration or a backend module: ${reason}`,
      error,
    );
  };
  const ended = (): void =>
    die(args, 'the process ended before the run did: code of a configuration or a backend module ended it, or waits for what never comes'); // prettier-ignore
  process.on('uncaughtException', stray).on('unhandledRejection', stray).on('exit', ended);
  return () => {
    process.off('uncaughtException', stray).off('unhandledRejection', stray).off('exit', ended);
  };
}

/** Writes an internal error at once, without waiting for streams, and ends the process. */
function die(args: string[], message: string, cause?: unknown): void {
  const error = new PapyraError('internal', message, {
    hint: 'what was done is not known; look at the store, and mend that code or report this',
    cause,
  });
  const { json = false } = looseFlags(args);
  const lines = [`papyra: error: ${printable(message)}`, `  ${error.hint ?? ''}`];
  if (json) lines.push(printableJson(errorDocument(error)));
  if (cause instanceof Error) lines.push(...(cause.stack ?? '').split('\n').map(printable));
  process.removeAllListeners('exit');
  writeSync(2, `${lines.join('\n')}\n`);
  process.exit(exitCodeOf(error));
}

/** The first signal stops the run at the next safe point; the same signal again ends the process at once. */
function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of STOP_SIGNALS) {
    process.once(signal, () => {
      const hint = 'the storage is as it was; run again to compact it';
      controller.abort(new PapyraError('interrupted', `stopped by ${signal}`, { signal, hint }));
    });
  }
  return controller.signal;
}

/** A closed pipe is no failure: the reader wants no more. Any other error of stdout loses the result, and is one. */
function watchOutput(context: Context, args: string[], changed: () => boolean) {
  const output: { failure?: Promise<number> } = {};
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    const hint = changed()
      ? 'the work itself was done; look at papyra metrics persistence'
      : 'nothing was changed; run again with a stdout that has room';
    const message = `cannot write the result to stdout: ${error.code ?? ''}`;
    const why = new PapyraError('io_error', message, { hint, cause: error });
    output.failure = fail(why, args, context);
  });
  return output;
}
