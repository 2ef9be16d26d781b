// The service on many stores: its metrics textfile.
import { mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeConfig } from '../support/config.js';
import { tempDirectory } from '../support/temp.js';
import { startWatch } from '../watch/run.js';
import { fresh, OLD } from './stores.js';

const STORES = 100;

test('a round over a hundred stores writes the textfile once or twice, with all of them', async () => {
  const home = tempDirectory();
  for (let at = 0; at < STORES; at++) {
    const directory = join(home, 'tenants', String(at));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'events.ndjson'), OLD + fresh());
  }
  mkdirSync(join(home, 'metrics'));
  const textfile = join(home, 'metrics', 'papyra.prom');
  const config = writeConfig(join(home, 'papyra.config.json'), {
    defaults: { backend: 'json', retention: { max_age_seconds: '1d' } },
    stores: { tenants: { path: join(home, 'tenants/*/events.ndjson') } },
    metrics: { enabled: true, textfile },
  });
  const began = performance.now();
  let published = 0;
  const watcher = watch(join(home, 'metrics'), (event, name) => {
    if (event === 'rename' && name === 'papyra.prom') published += 1;
  });
  const service = startWatch(['--config', config, '--json', 'watch', '--every', '1h']);
  await expect.poll(() => service.stdout.length, { timeout: 60_000 }).toBe(STORES);
  expect(await service.stop()).toBe(0);
  const tens = (performance.now() - began) / 10_000;
  watcher.close();
  const labels = readFileSync(textfile, 'utf8').matchAll(/^papyra_compactions_run_total\{store="([^"]+)".* 1$/gm); // prettier-ignore
  expect(new Set([...labels].map(([, label]) => label)).size).toBe(STORES);
  expect(published).toBeGreaterThan(0);
  expect(published).toBeLessThanOrEqual(2 + tens);
}, 120_000);
