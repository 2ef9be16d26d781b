import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { startRedis, stopServers } from '../support/redis.js';
import { tempDirectory } from '../support/temp.js';
import { startWatch } from './run.js';

afterEach(stopServers);

const WAIT = { timeout: 40_000, interval: 100 };

test('Redis is trimmed again and again in small batches, whatever the interval is', async () => {
  const server = await startRedis();
  const config = join(tempDirectory(), 'papyra.yaml');
  writeFileSync(config, `persistence: { backend: redis, url: "${server.url}", retention: { max_age_seconds: 2s } }`, { mode: 0o600 }); // prettier-ignore
  const writing = { on: true };
  let written = 0;
  const writer = (async () => {
    while (writing.on) {
      const batch = server.client.pipeline();
      for (let n = 0; n < 100; n++, written++) {
        batch.xadd('papyra:local:events', '*', 'data', `{"kind":"event","n":${written},"timestamp":${Date.now() / 1000}}`); // prettier-ignore
      }
      await batch.exec();
      await sleep(100);
    }
  })();
  await expect.poll(() => written, WAIT).toBeGreaterThan(500);
  const watch = startWatch(['--config', config, '--json', 'watch', '--every', '1h']);
  const compacted = () => watch.stdout.filter((line) => line.includes('"status":"compacted"'));
  await expect.poll(() => compacted().length, WAIT).toBeGreaterThan(2);
  writing.on = false;
  await writer;
  const info = await server.client.info('commandstats');
  const trims = Number(/cmdstat_xtrim:calls=(\d+)/.exec(info)![1]);
  expect(await watch.stop()).toBe(0);
  const dropped = compacted().map((line) => (JSON.parse(line) as { records: { dropped: number } }).records.dropped); // prettier-ignore
  const all = dropped.reduce((sum, one) => sum + one, 0);
  expect(all).toBeLessThanOrEqual(written);
  // No run takes more than a part of it, and no command more than a few nodes of a hundred.
  expect(Math.max(...dropped)).toBeLessThan(all * 0.9);
  expect(all / trims).toBeLessThan(1000);
});
