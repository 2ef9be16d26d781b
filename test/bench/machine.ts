// Describes the machine, and what else it has to do at the moment.
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export const MACHINE = `${cpus()[0]!.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version.slice(1)}`;

export interface Conditions {
  /** Of the last minute: the benchmark's own part is in it. */
  load: number;
  /** Percent of the cores that nobody used for a moment in which the benchmark waited. */
  idle: number;
  /** Megabytes a second: a write of up to 256 MB, with fsync. */
  disk_mb_s: number;
}

export async function conditions(directory: string, records: number): Promise<Conditions> {
  const idle = await idleShare();
  return { load: loadavg()[0]!, idle, disk_mb_s: diskSpeed(directory, records) };
}

export function conditionsText({ load, idle, disk_mb_s }: Conditions): string {
  return `load ${load.toFixed(1)}, cores ${Math.round(idle)} % idle, disk writes ${Math.round(disk_mb_s)} MB/s`;
}

async function idleShare(): Promise<number> {
  const before = coreTimes();
  await sleep(300);
  const after = coreTimes();
  return (100 * (after.idle - before.idle)) / (after.all - before.all);
}

function coreTimes(): { idle: number; all: number } {
  const times = cpus().map((core) => core.times);
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  return {
    idle: sum(times.map(({ idle }) => idle)),
    all: sum(times.flatMap((one) => Object.values(one))),
  };
}

function diskSpeed(directory: string, records: number): number {
  const path = join(directory, 'speed');
  const chunk = randomBytes(1 << 20);
  // Not more than what the cases write.
  const count = Math.min(256, Math.ceil((records * 256) / chunk.length));
  const fd = openSync(path, 'w');
  const began = performance.now();
  for (let n = 0; n < count; n++) writeSync(fd, chunk);
  fsyncSync(fd);
  const seconds = (performance.now() - began) / 1000;
  closeSync(fd);
  rmSync(path);
  return (count * chunk.length) / 1e6 / seconds;
}
