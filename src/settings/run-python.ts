// Runs a Python program with a time limit, reads its answer from descriptor 3, and ends it with all that it started.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';

export interface PythonRun {
  python: string;
  args: readonly string[];
  directory: string;
  env: NodeJS.ProcessEnv;
  limitMs: number;
  signal?: AbortSignal | undefined;
}

export interface PythonEnding {
  /** The first line on descriptor 3; undefined: there was none. */
  answer: string | undefined;
  /** How it ended without an answer. */
  how: 'too_slow' | 'too_long' | 'not_started' | { status: number } | { signal: string };
  /** The last lines that it wrote to stderr. */
  said: string;
  cause?: unknown;
}

/** An answer of this size is none of our program. */
const LONGEST_ANSWER = 1 << 20;
/** What was written before the end may arrive a little later than the news of the end. */
const LINGER_MS = 500;
/** Every process that descends from the run has it in its environment. */
const MARK = 'PAPYRA_ASKS';

/** It is a process group of its own. What it prints is read and dropped, but for the last lines of stderr. */
export async function runPython(run: PythonRun): Promise<PythonEnding> {
  const { python, args, directory, env, limitMs, signal } = run;
  const mark = `${MARK}=${randomUUID()}`;
  const child = spawn(python, args, {
    cwd: directory,
    env: { ...env, [MARK]: mark.slice(MARK.length + 1) },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const [, stdout, stderr, answers] = child.stdio as unknown as [
    null,
    Readable,
    Readable,
    Readable,
  ];
  const said = lastLines(stderr);
  stdout.resume();
  const ending = await new Promise<Omit<PythonEnding, 'said'>>((resolve) => {
    const end = (how: PythonEnding['how'], cause?: unknown) => resolve({ answer: undefined, how, cause }); // prettier-ignore
    const limit = setTimeout(() => end('too_slow'), limitMs);
    const stop = () => end('too_slow');
    signal?.addEventListener('abort', stop);
    let answer = '';
    answers.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
      const line = answer.indexOf('\n');
      if (line >= 0) resolve({ answer: answer.slice(0, line), how: { status: 0 } });
      else if (answer.length > LONGEST_ANSWER) end('too_long');
    });
    child.once('error', (error) => end('not_started', error));
    child.once('exit', (status, killer) => {
      const how = killer === null ? { status: status! } : { signal: killer };
      setTimeout(() => end(how), LINGER_MS).unref();
    });
    child.once('close', (status, killer) => end(killer === null ? { status: status! } : { signal: killer })); // prettier-ignore
    void limit.unref();
  });
  endAll(child.pid, mark);
  for (const pipe of child.stdio) pipe?.destroy();
  return { ...ending, said: said() };
}

/** Ends the group, and whatever has left it: it still has the mark in its environment. */
function endAll(leader: number | undefined, mark: string): void {
  if (leader === undefined) return;
  kill(-leader);
  for (const pid of processesWith(mark)) kill(pid);
}

function processesWith(mark: string): number[] {
  try {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return all.filter((pid) => hasMark(pid, mark)).map(Number);
  } catch {
    // No /proc.
    return [];
  }
}

function hasMark(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
  } catch {
    // It has ended, or belongs to somebody else.
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

const KEPT_BYTES = 4096;

/** Keeps the end of a stream. */
function lastLines(stream: Readable): () => string {
  let kept = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk.subarray(-KEPT_BYTES)]).subarray(-KEPT_BYTES);
  });
  return () => kept.toString('utf8').trim();
}
