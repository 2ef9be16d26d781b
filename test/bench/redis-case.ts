// Cases of Redis: half of a stream is trimmed, with one XTRIM and with papyra, on a server of its own. Beside the times:
// what the server took for a command at most, and how long another client waited for an answer meanwhile.
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { execaSync } from 'execa';
import type { Redis } from 'ioredis';
import { BARE, compact } from '../support/papyra.js';
import { startRedis, stopServers } from '../support/redis.js';
import { isInstalled } from './command.js';
import type { Bench, Case, Contender, Figures, Trial } from './contender.js';
import { grouped } from './text.js';

/** Entries of a run with a million records, and bytes of the data of each. */
const SIZES: [entries: number, bytes: number][] = [
  [1_000_000, 250],
  [5_000_000, 250],
  [400_000, 4096],
  [100_000, 20_480],
];
const KEY = 'papyra:local:events';

export const REDIS_CASES: Case[] = SIZES.map(([entries, bytes]) => ({
  name: `${grouped(entries)} × ${grouped(bytes)} bytes, half trimmed`,
  group: 'redis',
  hasBound: false,
  again: 1,
  // All of it is in memory.
  room: () => 0,
  refusal: () => (isInstalled('redis-server') ? undefined : 'redis-server is not installed'),
  open: (bench) => open(bench, entries, bytes),
}));

async function open(bench: Bench, entriesOfMillion: number, bytes: number): Promise<Trial> {
  const entries = 2 * Math.ceil((entriesOfMillion * bench.records) / 2e6);
  const { client, url, process: server } = await startRedis();
  if (bench.ownCore) separate(server.pid!);
  await fill(client, entries, bytes);
  const half = String(entries / 2);
  const env = { ...BARE, PAPYRA_REDIS_URL: url };
  const started = {
    async prepare() {
      await client.copy('source', KEY, 'REPLACE');
      // The memory of the round before goes back to the system now, not while the next one is measured.
      await client.call('MEMORY', 'PURGE');
      await sleep(1000);
    },
    async check() {
      const left = await client.xlen(KEY);
      if (left < entries / 2 || left > entries / 2 + 100) throw new Error(`${left} entries are left of ${entries}`); // prettier-ignore
    },
  };
  const oneTrim: Contender = {
    ...started,
    name: 'one XTRIM',
    isPapyra: false,
    run: () =>
      watched(client, async () => {
        const began = performance.now();
        await client.xtrim(KEY, 'MAXLEN', '=', half);
        return performance.now() - began;
      }),
  };
  const papyra = (flag: string): Contender => ({
    ...started,
    name: `papyra ${flag}`,
    isPapyra: true,
    run: () =>
      watched(client, async () => {
        const { report } = await compact(['--backend', 'redis', '--max-records', half, flag], {
          env,
        });
        return report.duration_ms;
      }),
  });
  console.log(`\nlongest pause of the server's core: ${machinePause().toFixed(1)} ms`);
  const [, version] = /redis_version:(\S+)/.exec(await client.info('server'))!;
  return {
    contenders: [oneTrim, papyra('--exact'), papyra('--approx')],
    missing: [],
    subject: `Redis ${version}${bench.ownCore ? ' on a core of its own' : ''}`,
    close: stopServers,
  };
}

/** The server has the first core for itself, all others work on the rest. */
function separate(server: number): void {
  const rest = availableParallelism() > 2 ? `1-${availableParallelism() - 1}` : '1';
  execaSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(server)]);
  execaSync('taskset', ['--all-tasks', '--cpu-list', '--pid', rest, String(process.pid)]);
}

async function fill(client: Redis, entries: number, bytes: number): Promise<void> {
  const script = `local pad = string.rep('x', ARGV[3])
    for i = ARGV[1], ARGV[2] do redis.call('XADD', 'source', (1790000000 + i) .. '000-0', 'data',
      '{"kind": "event", "payload": "' .. pad .. '", "timestamp": ' .. (1790000000 + i) .. '.0}') end`;
  const step = Math.ceil(20_000_000 / bytes);
  for (let from = 0; from < entries; from += step) {
    await client.eval(script, 0, from, Math.min(entries, from + step) - 1, bytes - 64);
  }
}

/** Runs work, which returns its own milliseconds, while another client asks for answers. */
async function watched(client: Redis, work: () => Promise<number>): Promise<Figures> {
  await client.call('CONFIG', 'RESETSTAT');
  await client.call('CONFIG', 'SET', 'slowlog-max-len', '100000');
  await client.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0');
  await client.call('SLOWLOG', 'RESET');
  const watch = { over: false, longest: 0 };
  const other = client.duplicate();
  const asking = (async () => {
    while (!watch.over) {
      const began = performance.now();
      await other.ping();
      watch.longest = Math.max(watch.longest, performance.now() - began);
      await sleep(1);
    }
  })();
  const began = performance.now();
  const seconds = (await work()) / 1000;
  const wall = performance.now() - began;
  watch.over = true;
  await asking;
  other.disconnect();
  const log = (await client.call('SLOWLOG', 'GET', '-1')) as [number, number, number, string[]][];
  // papyra trims in a script, which is one command to those who wait.
  const trims = log.filter(([, , , command]) => /^(?:xtrim|eval)$/i.test(command[0]!));
  const took = trims.map(([, , microseconds]) => microseconds / 1000).sort((a, b) => b - a);
  const at = (share: number) => took[Math.floor(took.length * share)]!;
  return {
    seconds,
    process: wall,
    p50: at(0.5),
    p99: at(0.01),
    slowest: at(0),
    ping: watch.longest,
  };
}

/** The longest pause of a process that only counts, on the core of the server: what nobody but the machine can help. */
function machinePause(): number {
  const { stdout } = execaSync('taskset', [
    '--cpu-list',
    '0',
    'redis-cli',
    '--intrinsic-latency',
    '2',
  ]);
  const [, average] = /avg latency: ([\d.]+) microseconds/.exec(stdout)!;
  const [, times] = /Worst run took (\d+)x/.exec(stdout)!;
  return (Number(average) * Number(times)) / 1000;
}
