// Makes a configuration with many stores, each a log with two expired records and a fresh one.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfig } from '../support/config.js';
import { tempDirectory } from '../support/temp.js';

export const OLD = '{"kind":"event","timestamp":1}\n';
export const fresh = () => `{"kind":"event","timestamp":${Date.now() / 1000}}\n`;

export interface ManyStores {
  home: string;
  config: string;
  log: (name: string) => string;
}

/** `orders` and `billing` by name, `tenants` by a glob that matches `t1` and `t2`. */
export function manyStores(more: object = {}, defaults: object = {}): ManyStores {
  const home = tempDirectory();
  const log = (name: string) => join(home, name, 'events.ndjson');
  for (const name of ['orders', 'billing', 'tenants/t1', 'tenants/t2']) {
    mkdirSync(join(home, name), { recursive: true });
    writeFileSync(log(name), OLD + OLD + fresh() + fresh());
  }
  const config = writeConfig(join(home, 'papyra.config.json'), {
    defaults: { backend: 'json', retention: { max_age_seconds: '1d' }, ...defaults },
    stores: {
      orders: { path: log('orders') },
      billing: { path: log('billing'), retention: { max_age_seconds: '2h' } },
      tenants: { path: join(home, 'tenants/*/events.ndjson') },
    },
    ...more,
  });
  return { home, config, log };
}
