// npm run bench:redis -- [--rounds 5] [--json FILE]
// Trims half of a stream, with one XTRIM and with papyra in turn, on a server of its own. Beside the times:
// what the server took for a command at most, and how long another client waited for an answer meanwhile.
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Redis } from 'ioredis';
import Table from 'cli-table3';
import { BARE, compact } from '../support/papyra.js';
import { startRedis, stopServers } from '../support/redis.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
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
  /** Of the server's slowest XTRIM, and of one in a thousand. */
  slowest: number;
  p999: number;
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
  const info = await client.info('latencystats');
  const p999 = Number(/latency_percentiles_usec_xtrim:.*p99\.9=([\d.]+)/.exec(info)?.[1]) / 1000;
  const log = (await client.call('SLOWLOG', 'GET', '-1')) as [number, number, number, string[]][];
  // papyra trims in a script, which is one command to those who wait.
  const trims = log.filter(([, , , command]) => /^(?:xtrim|eval)$/i.test(command[0]!));
  const slowest = Math.max(...trims.map(([, , microseconds]) => microseconds)) / 1000;
  return { work: done, wall, slowest, p999, ping: watch.longest };
}

const medianOf = (samples: Sample[], of: keyof Sample) =>
  samples.map((sample) => sample[of]).sort((a, b) => a - b)[Math.floor(samples.length / 2)]!;

const { client, url } = await startRedis({ config: ['latency-tracking yes'] });
const machine = `${cpus()[0]!.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const [, version] = /redis_version:(\S+)/.exec(await client.info('server'))!;
console.log(`${machine}, Redis ${version}; ${rounds} rounds, medians of milliseconds`);
const table = new Table({
  head: [
    'half trimmed',
    'contender',
    'work',
    '× first',
    'process',
    'XTRIM max',
    'p99.9',
    'PING max',
  ],
  colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [] },
});
const rows: object[] = [];
for (const [entries, bytes] of CASES) {
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
      await sleep(200);
      samples.get(name)!.push(await watched(client, work));
      const left = await client.xlen(KEY);
      if (left < entries / 2 || left > entries / 2 + 100) throw new Error(`${name} left ${left}`);
    }
  }
  const base = medianOf(samples.get('one XTRIM')!, 'work');
  for (const [name, all] of samples) {
    const row = Object.fromEntries((['work', 'wall', 'slowest', 'p999', 'ping'] as const).map((of) => [of, medianOf(all, of)])); // prettier-ignore
    rows.push({ entries, bytes, contender: name, ...row });
    const figures = [row['work']!, row['work']! / base, row['wall']!, row['slowest']!, row['p999']!, row['ping']!]; // prettier-ignore
    table.push([`${entries} × ${bytes} B`, name, ...figures.map((figure) => figure.toFixed(1))]);
  }
}
await stopServers();
console.log(table.toString());
writeFileSync(values.json, `${JSON.stringify({ machine, version, rounds, rows }, null, 1)}\n`);
console.log(`written to ${values.json}`);
