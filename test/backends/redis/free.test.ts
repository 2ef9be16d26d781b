import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { compact, BARE } from '../../support/papyra.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';
import { load, readStream, type StreamEntry } from '../../support/streams.js';

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

const run = (...args: string[]) => compact(['--backend', 'redis', ...args], { env });

const NOW = Math.floor(Date.now() / 1000);
const [EVENTS, AUDITS] = ['papyra:local:events', 'papyra:local:audits'] as const;

/** Some entries of a stream, of the day that ended at `until` seconds ago. */
function day(key: string, count: number, until = 7200): StreamEntry[] {
  return Array.from({ length: count }, (_, n) => {
    const timestamp = NOW - 86_400 + ((86_400 - until) * n) / count;
    const data = JSON.stringify({ kind: 'event', n, timestamp, pad: 'x'.repeat(200) });
    return { key, id: `${Math.floor(timestamp * 1000)}-${n}`, data };
  });
}

/** Of all nodes of the streams. The memory of the whole server has buffers of its clients in it. */
async function used(): Promise<number> {
  const usage = (key: string) => server.client.memory('USAGE', key, 'SAMPLES', 0);
  return Number(await usage(EVENTS)) + Number(await usage(AUDITS));
}

describe('--free of streams', () => {
  test('the oldest entries of all streams go, at least so much memory is free, and the report says what it was', async () => {
    const [events, audits] = [day(EVENTS, 20_000), day(AUDITS, 5000)];
    await load(server.client, [...events, ...audits]);
    const before = await used();
    const dry = await run('--free', '1MB', '--dry-run');
    expect(dry.code, dry.stderr).toBe(0);
    const { code, report, stderr } = await run('--free', '1MB');
    expect(code, stderr).toBe(0);
    const freed = before - (await used());
    expect(freed).toBeGreaterThanOrEqual(1_000_000);
    // An estimate: the lists of the server take a little more than their values.
    expect(freed).toBeLessThan(1_300_000);
    const { dropped } = report.records;
    expect(report.records.dropped_by).toEqual({ age: 0, count: 0, size: 0, free: dropped });
    expect(dry.report.records.dropped_by.free).toBe(dropped);
    expect(report).toMatchObject({ freeing: { way: expect.stringMatching(/used_memory was \d+ bytes and is \d+/) as string } }); // prettier-ignore
    const left = [await readStream(server.client, EVENTS), await readStream(server.client, AUDITS)];
    expect(left[0]).toEqual(events.slice(events.length - left[0]!.length));
    expect(left[1]).toEqual(audits.slice(audits.length - left[1]!.length));
    // What went of both is of the same time.
    const times = left.map(([first]) => Number(first!.id.split('-')[0]));
    expect(Math.abs(times[0]! - times[1]!)).toBeLessThan(60_000);
  });

  test('what is younger than the floor holds: 65 that says how much can go, and nothing goes', async () => {
    const events = day(EVENTS, 5000, 0);
    await load(server.client, events);
    const { code, stderr } = await run('--free', '100MB', '--min-age', '12h');
    expect([code, stderr]).toEqual([65, expect.stringMatching(/at most about \d+ can be freed; .*younger than --min-age 12h/)]); // prettier-ignore
    expect(await readStream(server.client, EVENTS)).toEqual(events);
    const most = /at most about (\d+)/.exec(stderr)![1]!;
    expect((await run('--free', most, '--min-age', '12h')).code).toBe(0);
    const left = await readStream(server.client, EVENTS);
    expect(left[0]!.id >= `${(NOW - 43_260) * 1000}`).toBe(true);
  });

  test('what a consumer group has not been given stays; --ignore-groups lets it go', async () => {
    const events = day(EVENTS, 5000);
    await load(server.client, events);
    await server.client.xgroup('CREATE', EVENTS, 'billing', events[99]!.id);
    const { code, stderr } = await run('--free', '500KB');
    expect([code, stderr]).toEqual([65, expect.stringContaining("consumer group 'billing'")]);
    expect(await readStream(server.client, EVENTS)).toEqual(events);
    expect((await run('--free', '500KB', '--ignore-groups')).code).toBe(0);
  });
});
