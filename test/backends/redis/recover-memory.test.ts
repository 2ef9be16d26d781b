// The memory that scan and recover of large entries take, in a process of their own.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peakMemory } from '../../support/peak-memory.js';
import { recoveryScript, storeAt } from '../../support/redis-recovery.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';

/** Over what Node itself takes. */
const MOST_MIB = 64;
const LARGE = 'x'.repeat(4 << 20);

let server: Server;
let nodes: number;
let script: string;

beforeAll(async () => {
  server = await startRedis();
  nodes = peakMemory(['-e', '0']).mib;
  script = await recoveryScript();
});
afterAll(stopServers);

/** In each of three streams so many entries; of those that are large, every third is torn, of the others every tenth. */
async function fill(count: number, isLarge: (n: number) => boolean): Promise<void> {
  await server.client.flushall();
  for (const kind of ['events', 'audits', 'dead_letters']) {
    for (let n = 1; n <= count; n++) {
      const end = n % (isLarge(n) ? 3 : 10) === 0 ? '' : '}';
      const data = `{"timestamp": ${n}, "payload": "${isLarge(n) ? LARGE : ''}"${end}`;
      await server.client.xadd(`papyra:local:${kind}`, `${n}-0`, 'data', data);
    }
  }
}

const SHAPES: [string, number, (n: number) => boolean][] = [
  ['entries of 4 MiB', 20, () => true],
  ['some of 4 MiB in a row among small ones', 600, (n) => n % 300 > 200 && n % 300 <= 210],
];

describe.each(SHAPES)('%s', (_name, count, isLarge) => {
  beforeAll(() => fill(count, isLarge), 60_000);

  test.each([
    ['a scan', 'scan', {}],
    ['a dry run', 'recover', { dryRun: true }],
    ['a recovery with copies', 'recover', { mode: 'quarantine' }],
  ])(
    `%s takes at most ${MOST_MIB} MiB over Node’s own`,
    (_what, command, request) => {
      const args = [script, command, JSON.stringify(storeAt(server.port)), JSON.stringify(request)];
      const { code, mib } = peakMemory(args);
      expect(code).toBe(0);
      expect(mib - nodes).toBeLessThan(MOST_MIB);
    },
    60_000,
  );
});

test('fields of 4 MiB that are no text, and no data: the same', async () => {
  await server.client.flushall();
  const noise = Buffer.alloc(4 << 20, 0xff);
  for (let n = 1; n <= 10; n++) await server.client.xadd('papyra:local:events', `${n}-0`, 'x', noise); // prettier-ignore
  const args = [script, 'recover', JSON.stringify(storeAt(server.port)), '{"mode": "quarantine"}'];
  const { code, mib } = peakMemory(args);
  expect(code).toBe(0);
  expect(await server.client.xlen('papyra:local:quarantine:papyra_local_events')).toBe(10);
  expect(mib - nodes).toBeLessThan(MOST_MIB);
});
