import { execa } from 'execa';
import { createInterface } from 'node:readline';
import { BARE, PAPYRA } from '../support/papyra.js';

/** `papyra watch` as a real process. */
export function startWatch(args: string[], env: Record<string, string> = {}) {
  const child = execa(process.execPath, [PAPYRA, ...args], {
    env: { ...BARE, ...env },
    extendEnv: false,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    cwd: '/',
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  const ended = [gather(child.stdout, stdout), gather(child.stderr, stderr)];
  return {
    pid: child.pid!,
    stdout,
    stderr,
    said: (text: string | RegExp) => stderr.some((line) => line.match(text)),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Sends a signal, and returns the exit code when all has been read. */
    async stop(signal: NodeJS.Signals = 'SIGTERM') {
      child.kill(signal);
      const { exitCode } = await child;
      await Promise.all(ended);
      return exitCode;
    },
    async end() {
      const { exitCode } = await child;
      await Promise.all(ended);
      return exitCode;
    },
  };
}

async function gather(input: NodeJS.ReadableStream, lines: string[]): Promise<void> {
  for await (const line of createInterface({ input })) lines.push(line);
}
