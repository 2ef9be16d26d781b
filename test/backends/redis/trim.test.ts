import { beforeAll, beforeEach, afterAll, describe, expect, test } from 'vitest';
import type { MetricsReport } from '../../../src/index.js';
import { tempRedisConfig } from '../../support/config.js';
import { compact, papyra, BARE } from '../../support/papyra.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';
import { Random, testSeed } from '../../support/random.js';
import {
  expectedOf,
  load,
  readStream,
  sampleEntries,
  type StreamEntry,
} from '../../support/streams.js';

let server: Server;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  server = await startRedis();
  env = { ...BARE, PAPYRA_REDIS_URL: server.url };
});
afterAll(stopServers);
beforeEach(async () => {
  await server.client.flushall();
});

const SAMPLE = sampleEntries();
const KEYS = ['papyra:local:events', 'papyra:local:audits', 'papyra:local:dead_letters'];
const of = (key: string, entries = SAMPLE) => entries.filter((entry) => entry.key === key);

/** `--max-age` such that what is older than this instant goes. */
const ageSince = (seconds: number) => `${(Date.now() / 1000 - seconds).toFixed(3)}s`;
const START = 1_790_000_000;

const run = (...args: string[]) => compact(['--backend', 'redis', ...args], { env });

const POLICIES: [string, () => string[], Parameters<typeof expectedOf>[1]][] = [
  ['count', () => ['--max-records', '100'], { maxRecords: 100 }],
  ['size', () => ['--max-total-bytes', '20000'], { maxBytes: 20_000 }],
  ['age', () => ['--max-age', ageSince(START + 100_040)], { cutoff: START + 100_040 }],
  ['age, count and size', () => ['--max-age', ageSince(START + 50_040), '--max-records', '150', '--max-total-bytes', '25000'], { cutoff: START + 50_040, maxRecords: 150, maxBytes: 25_000 }],
]; // prettier-ignore

describe('what stays of the runtime’s streams is what the model says', () => {
  test.each(POLICIES)(
    '%s, exact: the very entries, in order, byte for byte',
    async (_name, args, policy) => {
      await load(server.client, SAMPLE);
      const preview = await run(...args(), '--exact', '--dry-run');
      const done = await run(...args(), '--exact');
      expect([preview.code, done.code]).toEqual([0, 0]);
      for (const key of KEYS) {
        expect(await readStream(server.client, key)).toEqual(expectedOf(of(key), policy));
      }
      const { records } = done.report;
      expect(preview.report.records).toEqual({ ...records });
      expect(records.scanned).toBe(SAMPLE.length);
      expect(records.kept).toBe(KEYS.flatMap((key) => expectedOf(of(key), policy)).length);
      expect(done.report.parts.map(({ name }) => name)).toEqual(KEYS);
      expect(done.report.bytes.reclaimed).toBeGreaterThan(0);
      const again = await run(...args(), '--exact');
      expect(again.report.status).toBe('nothing_to_do');
    },
  );

  test.each(POLICIES)('%s, approximate: at most one node more', async (_name, args, policy) => {
    await load(server.client, SAMPLE);
    const { code, report } = await run(...args());
    expect(code).toBe(0);
    for (const key of KEYS) {
      const kept = await readStream(server.client, key);
      const expected = expectedOf(of(key), policy);
      expect(kept.slice(kept.length - expected.length)).toEqual(expected);
      // A node of these holds less than 4096 bytes: at most 20 records.
      expect(kept.length - expected.length).toBeLessThan(20);
    }
    expect(report.records.expired_left).toBe(report.records.kept! - KEYS.flatMap((key) => expectedOf(of(key), policy)).length); // prettier-ignore
  });

  test.each([
    ['count', ['--max-records', '100']],
    ['size', ['--max-total-bytes', '20000']],
    ['age', ['--max-age', ageSince(START + 100_040)]],
  ])(
    'with writers that add all the while, by %s: a newest part stays, with all that came since the plan',
    async (_name, args) => {
      await load(server.client, SAMPLE);
      const writer = server.client.duplicate();
      let added = 0;
      const writes = { stop: false };
      const writing = (async () => {
        while (!writes.stop) {
          const data = `{"kind": "event", "timestamp": ${Date.now() / 1000}, "n": ${added}}`;
          await Promise.all(KEYS.map((key) => writer.xadd(key, '*', 'data', data)));
          added += 1;
        }
      })();
      const { report } = await run(...args, '--exact');
      writes.stop = true;
      await writing;
      writer.disconnect();
      let kept = 0;
      for (const key of KEYS) {
        const left = await readStream(server.client, key);
        const numbers = left.flatMap(({ data }) => /"n": (\d+)/.exec(data)?.[1] ?? []).map(Number);
        const old = left.slice(0, left.length - numbers.length);
        expect(old).toEqual(of(key).slice(of(key).length - old.length));
        expect(numbers).toEqual(Array.from(numbers, (_, index) => added - numbers.length + index));
        kept += left.length;
      }
      // What came while it worked, and after its last look.
      const since = kept - report.records.kept!;
      expect(report.records.appended).toBeLessThanOrEqual(since);
      if (args[0] === '--max-records') expect(report.records.kept).toBe(300);
      if (args[0] === '--max-age') expect(kept).toBe(KEYS.flatMap((key) => expectedOf(of(key), { cutoff: START + 100_040 })).length + 3 * added); // prettier-ignore
    },
  );
});

describe('any stream, any policy', () => {
  const key = KEYS[0]!;
  const seed = testSeed('random streams');

  /** Entries whose two clocks differ, some of which are no records, of nodes of any size. */
  function randomEntries(random: Random): StreamEntry[] {
    const skew = random.pick([0, 0.5, 30, 400, 5000]);
    const count = 20 + random.below(500);
    const pad = 'x'.repeat(random.pick([0, 10, 300]));
    return Array.from({ length: count }, (_, index) => {
      const at = START + index * 5;
      const lag = random.chance(0.9) ? 0 : (random.next() * 2 - 1) * skew;
      const data = random.chance(0.9)
        ? `{"kind": "event", "timestamp": ${at + lag}, "payload": {"timestamp": 1, "p": "${pad}"}}`
        : random.pick(['torn {"timestamp": ', '{"kind": "undated"}', '', '{"timestamp": 1e300}']);
      return { key, id: `${at}000-${index % 3}`, data };
    });
  }

  test('exact: what the plain rules keep, and what the dry run has said; approximate: a little more', async () => {
    const random = new Random(seed);
    for (let round = 0; round < 15; round++) {
      const where = `seed ${seed}, round ${round}`;
      const entries = randomEntries(random);
      const span = entries.length * 5;
      const cutoff = START + Math.floor(random.next() * span) + 0.5;
      const maxRecords = 1 + random.below(entries.length);
      const maxBytes = 100 + random.below(entries.length * 150);
      const limits = { ...(random.chance(0.6) ? { cutoff } : {}), ...(random.chance(0.5) ? { maxRecords } : {}), ...(random.chance(0.4) ? { maxBytes } : {}) }; // prettier-ignore
      const flags = [
        ...('cutoff' in limits ? ['--max-age', ageSince(cutoff)] : []),
        ...('maxRecords' in limits ? ['--max-records', String(maxRecords)] : []),
        ...('maxBytes' in limits ? ['--max-total-bytes', String(maxBytes)] : []),
        '--allow-empty',
        // The rounds share a history of runs: a limit far stricter than the last one is meant.
        ...['--max-drop', '100%'],
      ];
      await server.client.config(
        'SET',
        'stream-node-max-entries',
        random.pick([1, 7, 100, 10_000]),
      );
      await server.client.flushall();
      await load(server.client, entries);
      const expected = expectedOf(entries, limits);
      const preview = await run(...flags, '--exact', '--dry-run');
      expect(await server.client.xlen(key), where).toBe(entries.length);
      if (random.chance(0.3)) {
        expect((await run(...flags)).code, where).toBe(0);
        const left = await readStream(server.client, key);
        expect(left.slice(left.length - expected.length), where).toEqual(expected);
        continue;
      }
      const { code, report } = await run(...flags, '--exact');
      expect(code, where).toBe(0);
      expect(await readStream(server.client, key), where).toEqual(expected);
      expect(report.records.kept, where).toBe(expected.length);
      expect(report.records, where).toEqual(preview.report.records);
    }
    await server.client.config('SET', 'stream-node-max-entries', 100);
  });
});

describe('what is not there, or is not a log', () => {
  test('no stream at all: nothing to do, and a word about it', async () => {
    const { code, report } = await run('--max-records', '5');
    expect(code).toBe(0);
    expect(report.status).toBe('nothing_to_do');
    expect(report.warnings.join()).toMatch(/no entries/);
  });

  test('what is in quarantine, and other keys, are left alone', async () => {
    const others = [
      'papyra:local:quarantine:events',
      'papyra:local:events:old',
      'papyrax:local:events',
      'other',
    ];
    for (const other of others) {
      await load(
        server.client,
        of(KEYS[0]!).map((entry) => ({ ...entry, key: other })),
      );
    }
    const env2 = { ...env };
    const { code, report } = await compact(['--backend', 'redis', '--max-records', '1', '--exact'], { env: env2 }); // prettier-ignore
    expect([code, report.parts]).toEqual([0, []]);
    for (const other of others) {
      expect(await server.client.xlen(other)).toBe(of(KEYS[0]!).length);
    }
  });

  test('a plan that would leave no entry at all is refused, and says how old the newest is', async () => {
    await load(server.client, SAMPLE);
    const refused = await run('--max-age', '1s');
    expect(refused.code).toBe(65);
    expect(refused.stderr).toMatch(/nothing would be left[^]*hours old/);
    expect(await server.client.xlen(KEYS[0]!)).toBe(of(KEYS[0]!).length);
    const allowed = await run('--max-age', '1s', '--allow-empty', '--exact');
    expect(allowed.code).toBe(0);
    expect(await server.client.xlen(KEYS[0]!)).toBe(0);
  });

  test('options for log files are refused', async () => {
    for (const option of [['--in-place'], ['--unreadable', 'drop'], ['--undated', 'drop']]) {
      const { code, stderr } = await run('--max-records', '5', ...option);
      expect(code).toBe(64);
      expect(stderr).toContain(option[0]);
    }
  });
});

test('metrics live next to the streams, and runs at the same time add up', async () => {
  await load(server.client, SAMPLE);
  const runs = await Promise.all(
    Array.from({ length: 5 }, () => run('--max-records', '50', '--exact')),
  );
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  const { stdout } = await papyra(['metrics', 'persistence', '--backend', 'redis', '--json'], {
    env,
  });
  const metrics = JSON.parse(stdout) as Record<string, number>;
  expect(metrics['compactions_run']).toBe(5);
  expect(metrics['records_dropped']).toBe(SAMPLE.length - 150);
  for (const key of KEYS) {
    expect(await readStream(server.client, key)).toEqual(of(key).slice(-50));
  }
  const reset = await papyra(['metrics', 'reset', '--backend', 'redis', '--json'], { env });
  expect(JSON.parse(reset.stdout)).toMatchObject({ compactions_run: 0, records_dropped: 0 });
});

test('the failure of a hook lives there, too, until the hook runs well', async () => {
  const knownAfter = async (program: string, keep: number) => {
    const retention = { max_records: keep };
    const hooks = { after_compact: [program] };
    const config = tempRedisConfig({ url: server.url, retention }, { hooks });
    expect((await run('--config', config, '--exact')).code).toBe(0);
    const { stdout } = await papyra(['metrics', 'persistence', '--config', config, '--json']);
    return (JSON.parse(stdout) as MetricsReport).last_hook_failure;
  };
  await load(server.client, SAMPLE);
  const message = 'the after_compact hook false failed (exit status 1)';
  expect(await knownAfter('false', 100)).toMatchObject({ hook: 'after_compact', message });
  expect(await knownAfter('true', 50)).toBeNull();
});
