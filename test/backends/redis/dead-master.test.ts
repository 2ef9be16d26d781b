// A cluster of which one master is gone, searched for all systems: every call says which one cannot be reached.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSystem } from '../../../src/index.js';
import { startCluster, stopServers, type Server } from '../../support/redis.js';

let nodes: Server[];

beforeAll(async () => {
  nodes = await startCluster();
  for (const { client } of nodes) await client.config('SET', 'cluster-require-full-coverage', 'no');
  await nodes[2]!.stop('SIGKILL');
}, 60_000);
afterAll(stopServers);

test('no call takes what the others say for the whole', async () => {
  const cluster = nodes.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`);
  const system = await openSystem({ persistence: { backend: 'redis', cluster, system_id: '*', retention: { max_records: 5 } }, overrides: { timeout_seconds: 3 } }); // prettier-ignore
  const { persistence, inspect } = system;
  const failing: Record<string, () => Promise<unknown>> = {
    compact: () => persistence.compact(),
    scan: () => persistence.scan(),
    recover: () => persistence.recover(),
    simulate: () => persistence.simulate(),
    inspect: () => persistence.inspect(),
    summary: () => inspect.summary(),
    check: () => system.check(),
    doctor: () => system.doctor(),
  };
  for (const [name, call] of Object.entries(failing)) {
    const ended = await call().catch((error: unknown) => error);
    expect([name, ended]).toEqual([name, expect.objectContaining({ code: expect.stringMatching(/unreachable|try_again/) as string })]); // prettier-ignore
  }
  await system.close();
}, 120_000);
