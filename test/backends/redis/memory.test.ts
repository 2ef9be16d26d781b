import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BARE, PAPYRA } from '../../support/papyra.js';
import { peakMemory } from '../../support/peak-memory.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';
import { tempDirectory } from '../../support/temp.js';

/** Over what Node itself takes. */
const MOST_MIB = 64;
const LARGE = 'x'.repeat(4 << 20);
const ARCHIVE = 'archive';
const KEY = 'papyra:local:events';

let server: Server;
let nodes: number;

beforeAll(async () => {
  server = await startRedis();
  nodes = peakMemory(['-e', '0']).mib;
});
afterAll(stopServers);

/** So many entries, a second apart; those for which `isLarge` says so have 4 MiB. */
async function fill(count: number, isLarge: (n: number) => boolean): Promise<void> {
  await server.client.flushall();
  const begin = Date.now() - count * 1000;
  for (let n = 0; n < count; n++) {
    const time = begin + n * 1000;
    const data = `{"timestamp": ${time / 1000}, "payload": "${isLarge(n) ? LARGE : ''}"}`;
    await server.client.xadd(KEY, `${time}-0`, 'data', data);
  }
}

const SHAPES: [string, number, (n: number) => boolean][] = [
  ['entries of 4 MiB', 40, () => true],
  ['some of 4 MiB in a row among small ones', 600, (n) => n % 300 > 200 && n % 300 <= 216],
];

describe.each(SHAPES)('%s', (_name, count, isLarge) => {
  beforeAll(() => fill(count, isLarge), 60_000);

  test.each([
    ['an age walk', ['--max-age', '5s', '--exact', '--dry-run']],
    ['a walk back for the size', ['--max-total-bytes', '200MB', '--dry-run']],
    ['a count from the head', ['--max-records', '5', '--exact', '--dry-run']],
    ['an exact trim', ['--max-records', String(Math.ceil(count * 0.6)), '--exact']],
    ['an archive', ['--max-records', String(Math.ceil(count * 0.2)), '--archive', ARCHIVE]],
  ])(
    `%s takes at most ${MOST_MIB} MiB over Node’s own`,
    (_what, args) => {
      const env = `PAPYRA_REDIS_URL=${server.url}`;
      const command = ['env', '-i', `PATH=${BARE['PATH']}`, env, process.execPath, PAPYRA];
      const directory = tempDirectory();
      const flags = args.map((arg) => (arg === ARCHIVE ? directory : arg));
      const { code, mib } = peakMemory(['persistence', 'compact', '--backend', 'redis', ...flags], command); // prettier-ignore
      expect(code).toBe(0);
      expect(mib - nodes).toBeLessThan(MOST_MIB);
    },
    60_000,
  );
});
