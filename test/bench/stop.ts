// Lets a signal end the benchmarks between two runs: mounts and large files go, what was measured stays.
import { setImmediate } from 'node:timers/promises';

let stoppedBy: NodeJS.Signals | undefined;

export class Stopped extends Error {}

export function heedSignals(): void {
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stoppedBy = signal;
      process.exitCode = 1;
    });
  }
}

export async function unlessStopped(): Promise<void> {
  // Signals are told only where nothing else is to do.
  await setImmediate();
  if (stoppedBy !== undefined) throw new Stopped(`stopped by ${stoppedBy}`);
}
