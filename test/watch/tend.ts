import { execa } from 'execa';
import { createReadStream, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { startWriter } from '../live/run.js';
import { BARE, PAPYRA, papyra } from '../support/papyra.js';

export interface Tending {
  directory: string;
  seconds: number;
  /** Seconds between two reloads. */
  reloadEvery: number;
  /** Seconds between two SIGKILLs of the service, which is started again at once; left out: none. */
  killEvery?: number;
  /** Seconds between two looks at the process. */
  lookEvery: number;
  pauseUs: number;
  bin?: string;
  onLook?: (look: Look) => void;
}

/** The process of the service. */
export interface Look {
  second: number;
  rssKiB: number;
  descriptors: number;
  runs: number;
}

export interface Tended {
  written: number;
  lost: number;
  /** More than once in archives and log together. */
  twice: number;
  archived: number;
  /** Lines of stdout. */
  runs: number;
  failures: string[];
  /** What the metrics of the store have counted. */
  counted: number;
  /** The longest time between the starts of two runs, in milliseconds. */
  longestGapMs: number;
  reloads: { good: number; refused: number };
  kills: number;
  looks: Look[];
  exitCode: number | undefined;
}

const WRITERS = ['a', 'b', 'c'];

/** Lets the service tend a log at an interval of one second while three writers append, and counts what became of it. */
export async function tend(tending: Tending): Promise<Tended> {
  const { directory, seconds, reloadEvery, killEvery, lookEvery, pauseUs, bin = PAPYRA } = tending;
  const log = join(directory, 'events.ndjson');
  const archive = join(directory, 'archive');
  const config = join(directory, 'papyra.yaml');
  mkdirSync(archive);
  writeFileSync(log, '');
  const configure = (age: string): void =>
    writeFileSync(
      config,
      `persistence: { backend: json, path: ${log}, retention: { max_age_seconds: ${age} }, archive: { dir: ${archive} } }\n`,
      { mode: 0o600 },
    );
  configure('3s');
  const writers = WRITERS.map((id) => startWriter(log, id, { pauseUs })); // prettier-ignore
  const starts: number[] = [];
  const failures: string[] = [];
  const reloads = { good: 0, refused: 0 };
  const start = () => {
    const child = execa(
      process.execPath,
      [bin, '--config', config, '--json', 'watch', '--every', '1s'],
      { env: BARE, extendEnv: false, reject: false, buffer: false, cwd: '/' },
    );
    void each(child.stdout, (line) => {
      starts.push(Date.parse((JSON.parse(line) as { started_at: string }).started_at));
    });
    void each(child.stderr, (line) => {
      if (line.includes('was read anew')) reloads.good += 1;
      else if (line.includes('was not read anew')) reloads.refused += 1;
      else if (/error|warning/.test(line)) failures.push(line);
    });
    return child;
  };
  await sleep(1500);
  let service = start();
  const looks: Look[] = [];
  let kills = 0;
  for (let second = 1; second <= seconds; second++) {
    await sleep(1000);
    if (second % reloadEvery === 0) {
      // In turn: another age, something that is no configuration, the first age.
      const turn = (second / reloadEvery) % 3;
      if (turn === 2) writeFileSync(config, 'persistence: [');
      else configure(turn === 1 ? '2s' : '3s');
      service.kill('SIGHUP');
    }
    if (killEvery !== undefined && second % killEvery === 0 && second < seconds) {
      configure('3s');
      service.kill('SIGKILL');
      await service;
      kills += 1;
      service = start();
    }
    if (second % lookEvery === 0) {
      const look = { second, runs: starts.length, ...lookAt(service.pid!) };
      looks.push(look);
      tending.onLook?.(look);
    }
  }
  // A service that has just been started takes a signal for itself only when it has begun.
  for (const before = starts.length; starts.length === before;) await sleep(50);
  service.kill('SIGTERM');
  const { exitCode } = await service;
  const counts = await Promise.all(writers.map((writer) => writer.stop()));
  configure('3s');
  const { stdout } = await papyra(['--config', config, '--json', 'metrics', 'persistence']);
  const { compactions_run, compaction_errors, compactions_stopped } = JSON.parse(stdout) as Record<string, number>; // prettier-ignore
  const seen = new Map(WRITERS.map((id, at) => [id, new Uint8Array(counts[at]!)]));
  const archives = readdirSync(archive).filter((name) => name.endsWith('.gz'));
  let archived = 0;
  for (const name of archives) archived += await count(join(archive, name), seen);
  await count(log, seen);
  const all = [...seen.values()].flatMap((times) => [...times]);
  return {
    written: counts.reduce((sum, one) => sum + one, 0),
    lost: all.filter((times) => times === 0).length,
    twice: all.filter((times) => times > 1).length,
    archived,
    runs: starts.length,
    failures,
    counted: compactions_run! + compaction_errors! + compactions_stopped!,
    longestGapMs: Math.max(...starts.slice(1).map((at, index) => at - starts[index]!)),
    reloads,
    kills,
    looks,
    exitCode,
  };
}

async function each(input: NodeJS.ReadableStream, use: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input })) use(line);
}

function lookAt(pid: number): Pick<Look, 'rssKiB' | 'descriptors'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    rssKiB: Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Adds the numbered records of a file to `seen`; returns how many there are. */
async function count(file: string, seen: Map<string, Uint8Array>): Promise<number> {
  const bytes = createReadStream(file);
  const input = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  let found = 0;
  for await (const line of createInterface({ input })) {
    const { writer, n } = JSON.parse(line) as { writer?: string; n?: number };
    if (writer === undefined || n === undefined) continue;
    seen.get(writer)![n]! += 1;
    found += 1;
  }
  return found;
}
