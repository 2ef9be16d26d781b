import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readmeWithLedger, tableOf } from './ledger.js';
import { ROOT } from './support/papyra.js';

test('the README of the harness has the sums of the ledger', async () => {
  expect(readFileSync(join(ROOT, 'test/crash/README.md'), 'utf8')).toBe(await readmeWithLedger());
});

test('entries of one kind are added up, also those that went wrong', () => {
  const entry = (date: string, tried: Record<string, number>, failed: number) => ({ date, what: 'worlds', seeds: [1, 2] as [number, number], hours: 0.5, tried, failed }); // prettier-ignore
  const table = tableOf([entry('2026-01-02', { worlds: 999, powerCuts: 1 }, 0), entry('2026-01-01', { worlds: 1 }, 2)]); // prettier-ignore
  expect(table.split('\n').at(-1)).toBe(
    '| worlds | 2026-01-01 to 2026-01-02 | 1.0 | 1 000 worlds, 1 power cuts | 2 |',
  );
});
