import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnPapyra } from './follower.js';
import { tempRedisConfig } from '../support/config.js';
import { mutate } from '../support/mutate.js';
import { START, STEP } from '../support/odd-log.js';
import { papyra } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';
import { startRedis, stopServers, type Server } from '../support/redis.js';
import { streamEntries } from '../support/streams.js';
import { askOracle, asOutput, drawQuestion, listed, type Question, type Store } from './listing.js';

const SEED = testSeed('inspect of streams');
const COUNT = process.env['PAPYRA_SOAK'] ? 120 : 12;

let server: Server;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(stopServers);

type Streams = Extract<Store, { streams: unknown }>['streams'];

/** Streams of one to three systems, with entries that hold no record, or no `data` at all. */
async function drawStreams(
  random: Random,
): Promise<{ systems: string[]; streams: Streams; count: number }> {
  await server.client.flushall();
  const systems = ['local', 'other', 'third'].slice(0, 1 + random.below(3));
  const streams = new Map<string, Streams[number]>();
  const count = 1 + random.below(random.pick([5, 60, 400]));
  for (const [at, system] of systems.entries()) {
    const all = streamEntries({ seed: random.seed + at, count, system, start: START, step: STEP });
    for (const { key, id, data } of all) {
      const bytes = random.chance(0.05) ? mutate(Buffer.from(data), random) : Buffer.from(data);
      const odd = random.chance(0.03) ? random.pick(['{"kind": "x"}', '{\n"timestamp": 1790000000}', '', '[]']) : undefined; // prettier-ignore
      const value = odd === undefined ? bytes : Buffer.from(odd);
      const field = random.chance(0.02) ? 'other' : 'data';
      await server.client.xadd(key, id, field, value);
      const stream = streams.get(key) ?? { key, kind: kindOf(key), entries: [] };
      stream.entries.push([id, field === 'data' ? value.toString('base64') : null]);
      streams.set(key, stream);
    }
  }
  return { systems, streams: [...streams.values()], count };
}

const kindOf = (key: string): string =>
  ({ events: 'event', audits: 'audit', dead_letters: 'dead_letter' })[key.split(':')[2]!]!;

function configFor(systems: string[], rules: Question['rules']): string {
  const { max_age_seconds, max_records, max_total_bytes } = rules;
  const retention = { max_age_seconds, max_records, max_total_bytes };
  return tempRedisConfig({ url: server.url, system_id: systems, retention });
}

describe('inspect of redis', () => {
  test('lists what the plain rules list, of random streams', async () => {
    for (let at = 0; at < COUNT; at++) {
      const random = new Random(SEED + at);
      const { systems, streams, count } = await drawStreams(random);
      const question = drawQuestion(random, count);
      const [answer] = askOracle([{ streams, ...question }]);
      const config = configFor(random.chance(0.3) ? ['*'] : systems, question.rules);
      const asked = { ...question, rules: { now: 0 } };
      const found = await listed(asked, ['--config', config]);
      expect({ seed: random.seed, question, found }).toEqual({ seed: random.seed, question, found: asOutput(answer!) }); // prettier-ignore
    }
  }, 600_000); // prettier-ignore

  test('lists archives in front of the streams', async () => {
    const random = new Random(SEED);
    const { systems, streams } = await drawStreams(random);
    const question: Question = { kind: 'event', rules: { now: 0 } };
    const [all] = askOracle([{ streams: streams.slice(0), ...question }]);
    const archive = tempDirectory();
    const config = configFor(systems, { now: 0, max_records: 3 });
    const run = await papyra(['persistence', 'compact', '--exact', '--config', config, '--archive', archive]); // prettier-ignore
    expect(run.code).toBe(0);
    const found = await listed(question, ['--config', config, '--archive', archive]);
    const sorted = (text: string) => text.split('\n').sort();
    expect(sorted(found)).toEqual(sorted(asOutput(all!)));
    const limited = await listed({ ...question, limit: 4, reverse: true }, ['--config', configFor(systems, { now: 0 }), '--archive', archive]); // prettier-ignore
    const live = await listed({ ...question, limit: 4, reverse: true }, ['--config', configFor(systems, { now: 0 })]); // prettier-ignore
    expect(limited.slice(0, live.length)).toBe(live);
  });

  test('follows what is added, also to a stream that was deleted and made anew', async () => {
    await server.client.flushall();
    const config = configFor(['local'], { now: 0 });
    const add = (n: number, id = '*') =>
      server.client.xadd('papyra:local:events', id, 'data', `{"kind": "event", "n": ${n}, "timestamp": 1790000000.5}`); // prettier-ignore
    for (let n = 0; n < 20; n++) await add(n);
    const follower = spawnPapyra(['inspect', 'events', '--follow', '--json', '--config', config]);
    await follower.until(10);
    for (let n = 20; n < 300; n++) {
      await add(n);
      if (n % 50 !== 0) continue;
      await follower.until(n - 10);
      await server.client.xtrim('papyra:local:events', 'MAXLEN', 5);
    }
    await follower.until(290);
    await server.client.del('papyra:local:events');
    await add(300, '5-0');
    await follower.until(291);
    const { code, numbers } = await follower.stop('SIGINT');
    expect(code).toBe(130);
    expect(numbers).toEqual(Array.from({ length: 291 }, (_, at) => at + 10));
  });
});
