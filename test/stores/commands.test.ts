// Commands that work on one store, told to work on many.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { papyra } from '../support/papyra.js';
import { manyStores } from './stores.js';

const NAMES = 'add --store NAME with one of orders, billing, tenants/t1, tenants/t2';

describe('of many stores', () => {
  test('--free names one, for it would free that much of each', async () => {
    const { config, log } = manyStores();
    const before = readFileSync(log('orders'), 'utf8');
    for (const more of [[], ['--dry-run'], ['--store', 'tenants']]) {
      const { code, stderr } = await papyra(['--config', config, 'persistence', 'compact', '--free', '1MB', ...more]); // prettier-ignore
      expect(code).toBe(64);
      expect(stderr).toContain('--free names one store: it would free that much of each');
      expect(stderr).toContain('add --store NAME with one of ');
    }
    expect(readFileSync(log('orders'), 'utf8')).toBe(before);
    const one = await papyra(['--config', config, '--json', 'persistence', 'compact', '--free', '60B', '--store', 'orders']); // prettier-ignore
    expect(one.stderr).not.toContain('names one store');
  });

  test.each(['events', 'audits', 'dead-letters'])('inspect %s lists those of one', async (kind) => {
    const { config } = manyStores();
    const { code, stdout, stderr } = await papyra(['--config', config, 'inspect', kind]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain('this command works on one store, and 4 are meant');
    expect(stderr).toContain(NAMES);
    expect((await papyra(['--config', config, 'inspect', kind, '--store', 'orders'])).code).toBe(0);
  });

  test('inspect summary counts the records of all', async () => {
    const { config } = manyStores();
    const { code, stdout } = await papyra(['--config', config, '--json', 'inspect', 'summary']);
    expect(code).toBe(0);
    const { schema, reports } = JSON.parse(stdout) as { schema: string; reports: { store: string; records: number }[] }; // prettier-ignore
    expect(schema).toBe('papyra.summaries/v1');
    expect(reports.map(({ store, records }) => [store, records])).toEqual(
      ['orders', 'billing', 'tenants/t1', 'tenants/t2'].map((label) => [label, 2]),
    );
    const { stdout: table } = await papyra(['--config', config, 'inspect', 'summary']);
    expect(table).toMatch(/^Records of 4 stores\./);
    expect(table).toMatch(/^ +all +8 +0 +0 /m);
  });

  test('the configuration that is found without --config is read for archives, too', async () => {
    const { home, config } = manyStores();
    const { code, stdout } = await papyra(['archive', 'list', '--json'], {
      cwd: join(config, '..'),
    });
    expect({ code, home }).toEqual({ code: 0, home });
    expect((JSON.parse(stdout) as { reports: unknown[] }).reports).toHaveLength(4);
  });
});
