// Metrics of many stores: one text for Prometheus, and the last runs of each.
import { describe, expect, test } from 'vitest';
import { parsed } from '../metrics/parse.js';
import { papyra } from '../support/papyra.js';
import { manyStores } from './stores.js';

const LABELS = ['orders', 'billing', 'tenants/t1', 'tenants/t2'];

async function text(config: string, ...more: string[]): Promise<string> {
  const { code, stdout } = await papyra(['--config', config, 'metrics', 'persistence', ...more]);
  expect(code).toBe(0);
  return stdout;
}

function storesIn(openmetrics: string): Record<string, number> {
  const [found] = parsed([openmetrics]);
  const counters = found!.openmetrics.find(({ name }) => name === 'papyra_records_dropped')!;
  return Object.fromEntries(counters.samples.map(({ labels, value }) => [labels['store']!, value]));
}

describe('the metrics of many stores', () => {
  test('are one OpenMetrics text with the label of each, that of one store as well', async () => {
    const { config } = manyStores();
    expect((await papyra(['--config', config, 'persistence', 'compact'])).code).toBe(0);
    const all = await text(config, '--prometheus');
    expect(storesIn(all)).toEqual(Object.fromEntries(LABELS.map((label) => [label, 2])));
    expect(storesIn(await text(config, '--prometheus', '--store', 'orders'))).toEqual({ orders: 2 }); // prettier-ignore
    const some = await text(config, '--prometheus', '--store', 'orders', '--store', 'tenants');
    expect(Object.keys(storesIn(some))).toEqual(['orders', 'tenants/t1', 'tenants/t2']);
  });

  test('have the last runs of each store', async () => {
    const { config } = manyStores();
    await papyra(['--config', config, 'persistence', 'compact']);
    const history = await text(config, '--history');
    for (const label of LABELS) expect(history).toMatch(new RegExp(`^${label}\nLast runs`, 'm'));
    expect(history.match(/ compacted /g)).toHaveLength(LABELS.length);
    const { reports } = JSON.parse(await text(config, '--history', '5', '--json')) as { reports: { store: string; history: unknown[] }[] }; // prettier-ignore
    expect(reports.map(({ store, history: runs }) => [store, runs.length])).toEqual(LABELS.map((label) => [label, 1])); // prettier-ignore
  });

  test('leave out a store that cannot be opened, which is a failure', async () => {
    const { config, log } = manyStores();
    const { writeFileSync, rmSync, mkdirSync } = await import('node:fs');
    rmSync(log('orders'));
    mkdirSync(log('orders'));
    writeFileSync(`${log('orders')}/x`, '');
    const { code, stdout, stderr } = await papyra(['--config', config, 'metrics', 'persistence', '--prometheus']); // prettier-ignore
    expect(code).not.toBe(0);
    expect(stderr).toContain('orders');
    expect(Object.keys(storesIn(stdout))).not.toContain('orders');
  });
});
