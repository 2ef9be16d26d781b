// npm run bench:redis -- [--rounds 5] [--own-core] [--only ENTRIES] [--json FILE]
// --own-core: the server has the first core for itself, all others work on the rest.
// Trims half of a stream, with one XTRIM and with papyra in turn, on a server of its own. Beside the times:
// what the server took for a command at most, and how long another client waited for an answer meanwhile.
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { execaSync } from 'execa';
import type { Redis } from 'ioredis';
import Table from 'cli-table3';
import { BARE, compact } from '../support/papyra.js';
import { startRedis, stopServers } from '../support/redis.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    'own-core': { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string', default: join(tmpdir(), 'papyra-bench-redis.json') },
  },
});
const rounds = Number(values.rounds);

/** Entries, and bytes of the data of each. */
const CASES: [entries: number, bytes: number][] = [
  [1_000_000, 250],
  [5_000_000, 250],
  [400_000, 4096],
  [100_000, 20_480],
];
const KEY = 'papyra:local:events';

async function fill(client: Redis, entries: number, bytes: number): Promise<void> {
  const script = `local pad = string.rep('x', ARGV[3])
    for i = ARGV[1], ARGV[2] do redis.call('XADD', 'source', (1790000000 + i) .. '000-0', 'data',
      '{"kind": "event", "payload": "' .. pad .. '", "timestamp": ' .. (1790000000 + i) .. '.0}') end`;
  const step = Math.ceil(20_000_000 / bytes);
  for (let from = 0; from < entries; from += step) {
    await client.eval(script, 0, from, Math.min(entries, from + step) - 1, bytes - 64);
  }
}

interface Sample {
  /** Milliseconds: of the work, without and with the start of the process. */
  work: number;
  wall: number;
  /** Of the commands that trim, by the server's own slow log: the slowest, one in a hundred, one in two. */
  slowest: number;
  p99: number;
  p50: number;
  /** What another client waited at most. */
  ping: number;
}

/** Runs work, while another client asks for answers. */
async function watched(client: Redis, work: () => Promise<number>): Promise<Sample> {
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
  const done = await work();
  const wall = performance.now() - began;
  watch.over = true;
  await asking;
  other.disconnect();
  const log = (await client.call('SLOWLOG', 'GET', '-1')) as [number, number, number, string[]][];
  // papyra trims in a script, which is one command to those who wait.
  const trims = log.filter(([, , , command]) => /^(?:xtrim|eval)$/i.test(command[0]!));
  const took = trims.map(([, , microseconds]) => microseconds / 1000).sort((a, b) => b - a);
  const at = (share: number) => took[Math.floor(took.length * share)]!;
  return { work: done, wall, slowest: took[0]!, p99: at(0.01), p50: at(0.5), ping: watch.longest };
}

const medianOf = (samples: Sample[], of: keyof Sample) =>
  samples.map((sample) => sample[of]).sort((a, b) => a - b)[Math.floor(samples.length / 2)]!;

/** The longest pause of a process that only counts, on the core of the server: what nobody but the machine can help. */
function machinePause(): number {
  const args = ['--cpu-list', '0', 'redis-cli', '--intrinsic-latency', '5'];
  const { stdout } = execaSync('taskset', args);
  const [, average] = /avg latency: ([\d.]+) microseconds/.exec(stdout)!;
  const [, times] = /Worst run took (\d+)x/.exec(stdout)!;
  return (Number(average) * Number(times)) / 1000;
}

const { client, url, process: server } = await startRedis({ config: ['latency-tracking yes'] });
const ownCore = values['own-core'];
if (ownCore) {
  const rest = availableParallelism() > 2 ? `1-${availableParallelism() - 1}` : '1';
  execaSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(server.pid)]);
  execaSync('taskset', ['--all-tasks', '--cpu-list', '--pid', rest, String(process.pid)]);
}
const machine = `${cpus()[0]!.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const [, version] = /redis_version:(\S+)/.exec(await client.info('server'))!;
console.log(
  `${machine}, Redis ${version}${ownCore ? ' on a core of its own' : ''}; load ${loadavg()[0]!.toFixed(2)}, longest pause of a core ${machinePause().toFixed(1)} ms; ${rounds} rounds, medians of milliseconds`,
);
const table = new Table({
  head: [
    'half trimmed',
    'contender',
    'work',
    '× first',
    'process',
    'XTRIM p50',
    'p99',
    'max',
    'PING max',
  ],
  colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [] },
});
const rows: object[] = [];
for (const [entries, bytes] of CASES) {
  if (values.only !== undefined && Number(values.only) !== entries) continue;
  await client.flushall();
  await fill(client, entries, bytes);
  const half = String(entries / 2);
  const contenders: [string, () => Promise<number>][] = [
    ['one XTRIM', async () => {
      const began = performance.now();
      await client.xtrim(KEY, 'MAXLEN', '=', half);
      return performance.now() - began;
    }],
    ...['--exact', '--approx'].map((flag): [string, () => Promise<number>] => [`papyra ${flag}`, async () => {
      const { report } = await compact(['--backend', 'redis', '--max-records', half, flag], { env: { ...BARE, PAPYRA_REDIS_URL: url } });
      return report.duration_ms;
    }]),
  ]; // prettier-ignore
  const samples = new Map(contenders.map(([name]) => [name, [] as Sample[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, work] of contenders) {
      await client.copy('source', KEY, 'REPLACE');
      // The memory of the round before goes back to the system now, not while the next one is measured.
      await client.call('MEMORY', 'PURGE');
      await sleep(1000);
      samples.get(name)!.push(await watched(client, work));
      const left = await client.xlen(KEY);
      if (left < entries / 2 || left > entries / 2 + 100) throw new Error(`${name} left ${left}`);
    }
  }
  const base = medianOf(samples.get('one XTRIM')!, 'work');
  for (const [name, all] of samples) {
    const row = Object.fromEntries((['work', 'wall', 'slowest', 'p99', 'p50', 'ping'] as const).map((of) => [of, medianOf(all, of)])); // prettier-ignore
    rows.push({ entries, bytes, contender: name, ...row });
    const figures = [row['work']!, row['work']! / base, row['wall']!, row['p50']!, row['p99']!, row['slowest']!, row['ping']!]; // prettier-ignore
    table.push([`${entries} × ${bytes} B`, name, ...figures.map((figure) => figure.toFixed(1))]);
  }
}
await stopServers();
console.log(table.toString());
writeFileSync(
  values.json,
  `${JSON.stringify({ machine, version, ownCore, load: loadavg(), rounds, rows }, null, 1)}\n`,
);
console.log(`written to ${values.json}`);
