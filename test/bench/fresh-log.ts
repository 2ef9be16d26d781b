// Keeps the log of the last case: the next one often starts from the same.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './contender.js';
import { type LogSize, type Shape, writeLog } from './data.js';

type FreshLog = LogSize & { path: string };

let last: { key: string; log: FreshLog } | undefined;

export function freshLog({ directory, seed }: Bench, shape: Shape, count: number): FreshLog {
  const key = `${shape} ${count} ${seed}`;
  if (last?.key === key) return last.log;
  forgetFreshLog();
  const path = join(directory, 'fresh');
  last = { key, log: { path, ...writeLog(path, shape, count, seed) } };
  return last.log;
}

/** Gives its room back. */
export function forgetFreshLog(): void {
  if (last !== undefined) rmSync(last.log.path, { force: true });
  last = undefined;
}
