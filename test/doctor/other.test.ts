import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSystem } from '../../src/index.js';
import { writeConfig } from '../support/config.js';
import { doctor, recentRecords } from '../support/doctor.js';
import { tempDirectory, tempLog } from '../support/temp.js';

/** A configuration with a limit. */
function configured(persistence: object): string[] {
  const directory = tempDirectory();
  const retention = { max_records: 5 };
  const file = writeConfig(join(directory, 'papyra.json'), {
    persistence: { retention, ...persistence },
  });
  writeFileSync(
    join(directory, 'mine.mjs'),
    'export default () => ({ name: "mine", compact: () => { throw new Error("not to be called"); } });',
  );
  return ['--config', file];
}

describe('a backend of which nothing can be seen', () => {
  test.each([['memory'], ['./mine.mjs']])('%s: what applies is checked', async (backend) => {
    const { code, report } = await doctor(configured({ backend }));
    expect(code).toBe(0);
    expect(report.status).toBe('healthy');
    expect(report.checks.map(({ name }) => name)).toEqual(['retention']);
  });
});

test('the memory backend needs no limit: nothing can be compacted there', async () => {
  const { code, found } = await doctor(configured({ backend: 'memory', retention: {} }));
  expect({ code, found }).toEqual({ code: 0, found: {} });
  const mine = await doctor(configured({ backend: './mine.mjs', retention: {} }));
  expect(mine).toMatchObject({ code: 1, found: { retention: 'fail' } });
});

describe('system.doctor()', () => {
  test('says the same, with commands for the same store', async () => {
    const log = tempLog(recentRecords(20));
    const system = await openSystem({ overrides: { path: log, max_age_seconds: 604_800 } });
    const report = await system.doctor();
    await system.close();
    expect(report).toMatchObject({ backend: 'json', target: log, status: 'warnings' });
    const check = report.checks.find(({ name }) => name === 'last_compaction');
    expect(check).toEqual({
      name: 'last_compaction',
      status: 'warn',
      reason: 'no run has ended well yet',
      next: `papyra persistence compact --path ${log} --max-age 1w`,
    });
  });

  test('is refused a wrong option, and stops when it is asked to', async () => {
    const system = await openSystem({ persistence: { backend: 'json', path: tempLog('') } });
    const wrong = { deep: true } as object;
    await expect(system.doctor(wrong)).rejects.toMatchObject({ code: 'usage' });
    const signal = AbortSignal.abort();
    await expect(system.doctor({ signal })).rejects.toMatchObject({ code: 'interrupted' });
  });
});
