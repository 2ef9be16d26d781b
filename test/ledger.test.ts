import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PAGES, tableOf, withLedger } from './ledger.js';

test.each(PAGES)('$path has the sums of the ledger', async (page) => {
  expect(readFileSync(page.path, 'utf8')).toBe(await withLedger(page));
});

test('entries of one kind are added up, also those that went wrong', () => {
  const entry = (date: string, tried: Record<string, number>, failed: number) => ({ date, what: 'worlds', seeds: [1, 2] as [number, number], hours: 0.5, tried, failed }); // prettier-ignore
  const table = tableOf([entry('2026-01-02', { worlds: 999, powerCuts: 1 }, 0), entry('2026-01-01', { worlds: 1 }, 2)]); // prettier-ignore
  expect(table.split('\n').at(-1)).toBe(
    '| worlds | 2026-01-01 to 2026-01-02 | 1.0 | 1 000 worlds, 1 power cuts | 2 |',
  );
});
