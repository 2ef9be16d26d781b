// The memory that scan and recover of large entries take, in a process of their own.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BARE, PAPYRA } from '../../support/papyra.js';
import { peakMemory } from '../../support/peak-memory.js';
import { storeArgs } from '../../support/redis-recovery.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';

/** Over what Node itself takes. */
const MOST_MIB = 64;
const LARGE = 'x'.repeat(4 << 20);

let server: Server;
let nodes: number;

beforeAll(async () => {
  server = await startRedis();
  nodes = peakMemory(['-e', '0']).mib;
});
afterAll(stopServers);

function run(args: string[]): { code: number; mib: number } {
  const command = ['env', '-i', `PATH=${BARE['PATH']}`, process.execPath, PAPYRA];
  return peakMemory(['persistence', ...args, ...storeArgs(server.port)], command);
}

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
    ['a scan', ['scan'], 2],
    ['a dry run', ['recover', '--dry-run'], 0],
    ['a recovery with copies', ['recover', '--mode', 'quarantine'], 0],
  ])(
    `%s takes at most ${MOST_MIB} MiB over Node’s own`,
    (_what, args, expected) => {
      const share = args[0] === 'recover' ? ['--max-drop', '100%'] : [];
      const { code, mib } = run([...args, ...share]);
      expect(code).toBe(expected);
      expect(mib - nodes).toBeLessThan(MOST_MIB);
    },
    60_000,
  );
});

test('fields of 4 MiB that are no text, and no data: the same', async () => {
  await server.client.flushall();
  const noise = Buffer.alloc(4 << 20, 0xff);
  for (let n = 1; n <= 10; n++) await server.client.xadd('papyra:local:events', `${n}-0`, 'x', noise); // prettier-ignore
  const { code, mib } = run(['recover', '--mode', 'quarantine', '--max-drop', '100%']);
  expect(code).toBe(0);
  expect(await server.client.xlen('papyra:local:quarantine:papyra_local_events')).toBe(10);
  expect(mib - nodes).toBeLessThan(MOST_MIB);
});
