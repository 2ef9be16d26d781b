// Stores of one configuration: names, globs, defaults, and what becomes of those that fail.
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { matcherOf } from '../../src/config/wildcard.js';
import { openStores } from '../../src/index.js';

const OLD = '{"kind":"event","timestamp":1}\n';
const line = () => `{"kind":"event","timestamp":${Date.now() / 1000}}\n`;

function place(): string {
  const home = mkdtempSync(join(tmpdir(), 'papyra-stores-'));
  for (const name of ['a', 'b']) {
    mkdirSync(join(home, name));
    writeFileSync(join(home, name, 'events.ndjson'), OLD + line());
  }
  return home;
}

const labelsOf = async (cwd: string, stores: Record<string, { path: string }>) => {
  const defaults = { backend: 'json', retention: { max_age_seconds: '1d' } };
  const set = await openStores({ cwd, defaults, stores });
  return set;
};

describe('stores', () => {
  test.each([
    ['*', ['a', 'a.b'], ['.a']],
    ['a[!0-9]?', ['abc'], ['a1c', 'ab']],
    ['[]a]*b', [']b', 'axb'], ['b', 'ax']],
    ['a\\*', ['a*'], ['ab']],
    ['*a*a*a*b', ['aaab'], ['a'.repeat(200)]],
  ])('the wildcard %s matches as glob(7) says', (pattern, wanted, others) => {
    const matches = matcherOf(pattern);
    expect(wanted.filter((name) => !matches(name))).toEqual([]);
    expect(others.filter(matches)).toEqual([]);
  });

  test('a glob has each of its matches as a store, once even through links', async () => {
    const home = place();
    symlinkSync(join(home, 'b'), join(home, '0-link'));
    writeFileSync(join(home, 'a', 'events.ndjson.1'), OLD);
    const { stores } = await labelsOf(home, { tenants: { path: '*/events*' } });
    expect(stores.map(({ label }) => label)).toEqual(['tenants/a/events.ndjson', 'tenants/b/events.ndjson']); // prettier-ignore
  });

  test('a store that names a log outright has it, and the glob leaves it out', async () => {
    const home = place();
    const { stores } = await labelsOf(home, { all: { path: '*/events.ndjson' }, mine: { path: 'a/events.ndjson' } }); // prettier-ignore
    expect(stores.map(({ label }) => label)).toEqual(['all/b', 'mine']);
  });

  test('of two names of one log neither is opened', async () => {
    const home = place();
    const { stores } = await labelsOf(home, { one: { path: 'a/events.ndjson' }, two: { path: 'a/../a/events.ndjson' } }); // prettier-ignore
    for (const store of stores)
      await expect(store.open()).rejects.toThrow('one and two lead to the log');
  });

  test('a glob without a match is a warning', async () => {
    const { stores, warnings } = await labelsOf(place(), { none: { path: '*/nothing' } });
    expect(stores).toEqual([]);
    expect(warnings[0]).toContain('no file matches');
  });
});
