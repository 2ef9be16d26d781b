// `papyra inspect … --follow` as a process, and what it has shown so far.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from 'vitest';
import { BARE, PAPYRA } from '../support/papyra.js';

const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Starts papyra; its lines are records with a number `n`. */
export function spawnPapyra(args: string[]) {
  const child = spawn(process.execPath, [PAPYRA, ...args], {
    env: BARE,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let [stdout, stderr] = ['', ''];
  const numbers: number[] = [];
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  child.stdout.on('data', (text: Buffer) => {
    const lines = (stdout + text.toString()).split('\n');
    stdout = lines.pop()!;
    for (const line of lines) numbers.push(Number(/"n": (\d+)/.exec(line)?.[1]));
  });
  const ended = once(child, 'close');
  return {
    child,
    numbers,
    stderr: () => stderr,
    /** Waits until so many lines have come; a process that has ended is an error. */
    async until(count: number): Promise<void> {
      while (numbers.length < count) {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${stderr}`);
        await sleep(20);
      }
    },
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return { code, numbers, stderr };
    },
  };
}

/** What is wrong with numbers that should be all of 0 … `count` - 1, once, in order. */
export function faultsOf(numbers: readonly number[], count: number): string[] {
  const faults: string[] = [];
  let next = 0;
  for (const n of numbers) {
    if (n !== next)
      faults.push(n < next ? `${n} again, or late, instead of ${next}` : `${n} instead of ${next}`);
    next = n + 1;
  }
  if (next !== count) faults.push(`it ends before ${next} of ${count}`);
  return faults.slice(0, 20);
}
