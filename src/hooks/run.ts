// Runs a program with a time limit, ends it with all that it started, and keeps the first lines that it prints.
import type { Readable } from 'node:stream';
import { execa } from 'execa';

export interface ProgramRun {
  file: string;
  args: readonly string[];
  directory: string;
  /** Added to the environment of this process. */
  env: Record<string, string>;
  /** What it can read from its stdin. */
  input: string;
  limitMs: number;
  signal?: AbortSignal | undefined;
}

export interface Ending {
  /** How it failed, such as `exit status 3`; undefined: it did not. */
  trouble?: string;
  /** The first lines of its stderr, else of its stdout. */
  said: string;
  /** Why it could not be started. */
  cause?: unknown;
}

/** Time between SIGTERM and SIGKILL: papyra itself has a second to stop. */
const GRACE_MS = 500;
/** After the program ends, its pipes are closed so soon: background processes may still hold them. */
const LINGER_MS = 100;

/** Runs it without a shell, as a process group of its own, which is ended at the limit or when `signal` aborts. */
export async function runProgram(run: ProgramRun): Promise<Ending> {
  const { file, args, directory: cwd, env, input, limitMs, signal } = run;
  const child = execa(file, args, {
    cwd,
    env,
    input,
    detached: true,
    buffer: false,
    reject: false,
  });
  const { stdin, stdout, stderr, pid } = child;
  const said = [firstLines(stderr), firstLines(stdout)];
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    killGroup(pid, 'SIGTERM');
    killing ??= setTimeout(() => killGroup(pid, 'SIGKILL'), GRACE_MS);
  };
  const limit = setTimeout(end, limitMs);
  signal?.addEventListener('abort', end);
  const over = (): void => {
    clearTimeout(limit);
    signal?.removeEventListener('abort', end);
  };
  child.once('exit', () => {
    over();
    const letGo = () => [stdin, stdout, stderr].forEach((pipe) => pipe.destroy());
    setTimeout(letGo, LINGER_MS).unref();
  });
  const { exitCode, signal: killer, cause } = await child;
  over();
  clearTimeout(killing);
  if (killing !== undefined) killGroup(pid, 'SIGKILL');

  const words = said.map((lines) => lines()).find(Boolean) ?? '';
  if (killing !== undefined) return { trouble: `not done after ${limitMs / 1000} s`, said: words };
  if (exitCode === 0) return { said: words };
  if (exitCode !== undefined) return { trouble: `exit status ${exitCode}`, said: words };
  if (killer !== undefined) return { trouble: `ended by ${killer}`, said: words };
  return { trouble: 'not started', said: words, cause };
}

function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch {
    // It has ended already.
  }
}

const MAX_BYTES = 4096;
const MAX_LINES = 3;
const MAX_LENGTH = 200;

/** Keeps the first lines of a stream, as one line; reads the rest and drops it. */
function firstLines(stream: Readable): () => string {
  const kept: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes < MAX_BYTES) kept.push(chunk);
    bytes += chunk.length;
  });
  return () => {
    const lines = Buffer.concat(kept).subarray(0, MAX_BYTES).toString().split('\n');
    const words = lines.map((line) => line.trim()).filter(Boolean);
    return words
      .slice(0, MAX_LINES)
      .map((line) => (line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line))
      .join(' | ');
  };
}
