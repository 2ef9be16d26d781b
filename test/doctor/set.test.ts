import { execaSync } from 'execa';
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { doctor, recentRecords } from '../support/doctor.js';
import { isRoot, papyra } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';

const RECORDS = recentRecords(90);
const MAX_BYTES = 10_000;

const LINES = RECORDS.split(/(?<=\n)/);

let log: string;
let args: string[];

/** Three files whose records are of the last days, and a run that went well. */
beforeEach(async () => {
  log = join(tempDirectory(), 'events.ndjson');
  for (const [at, name] of [`${log}.2`, `${log}.1`, log].entries()) {
    writeFileSync(name, LINES.slice(at * 30, at * 30 + 30).join(''));
  }
  const limits = ['--max-age', '7d', '--max-files', '4', '--max-bytes', String(MAX_BYTES)];
  args = ['--path', log, '--backend', 'rotating', ...limits];
  expect((await papyra(['persistence', 'compact', '--quiet', ...args])).code).toBe(0);
});

/** So many bytes more in the active file. */
function grow(bytes: number): void {
  const line = `{"kind": "event", "timestamp": ${Date.now() / 1000}}\n`;
  appendFileSync(log, line.repeat(Math.ceil(bytes / line.length)));
}

describe('a rotating set', () => {
  test('that is healthy passes every check', async () => {
    const { code, report, found } = await doctor(args);
    expect(found).toEqual({});
    expect(code).toBe(0);
    expect(report).toMatchObject({ backend: 'rotating', target: log, status: 'healthy' });
    expect(report.checks.map(({ name }) => name)).toContain('rotation');
  });

  test('that has stalled: sooner a warning, later a failure', async () => {
    renameSync(`${log}.2`, `${log}.3`);
    grow(MAX_BYTES);
    const { code, found, say } = await doctor(args);
    expect(found).toEqual({ rotation: 'warn' });
    expect(code).toBe(0);
    expect(say('rotation')).toMatch(/stalled: events\.ndjson\.3 is there, .*papyra persistence compact --path/); // prettier-ignore
    grow(2 * MAX_BYTES);
    expect(await doctor(args)).toMatchObject({ code: 1, found: { rotation: 'fail' } });
  });

  test('with another max_bytes than the runtime has', async () => {
    grow(MAX_BYTES);
    const { found, say } = await doctor(args);
    expect(found).toEqual({ rotation: 'warn' });
    expect(say('rotation')).toContain('max_bytes is not what the runtime is configured with');
  });

  test('with another max_files than the runtime has', async () => {
    renameSync(`${log}.2`, `${log}.7`);
    const { code, found, say } = await doctor(args);
    expect(found).toEqual({ rotation: 'fail' });
    expect(code).toBe(1);
    expect(say('rotation')).toMatch(/events\.ndjson\.7 is there, but a set of 4 files ends with \.3.* --max-files 8$/); // prettier-ignore
  });

  test('whose oldest file holds nothing but a line that nobody may drop', async () => {
    writeFileSync(`${log}.3`, '{"torn": \n');
    const { found, say } = await doctor(args);
    expect(found).toEqual({ readable: 'warn', pinned: 'fail' });
    expect(say('pinned')).toContain('events.ndjson.3 cannot go, and the set cannot rotate: an unreadable line at byte 0'); // prettier-ignore
    expect(say('pinned')).toMatch(/\$ papyra persistence compact .* --dry-run$/);
  });
});

describe.runIf(isRoot)('a disk that is nearly full', () => {
  const places: string[] = [];

  afterEach(() => {
    for (const place of places.splice(0)) execaSync('umount', ['--lazy', place]);
  });

  test('has less room than a rewrite needs, and no way to do without', async () => {
    const disk = join(tempDirectory(), 'disk');
    mkdirSync(disk);
    execaSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    places.push(disk);
    log = join(disk, 'data/events.ndjson');
    mkdirSync(dirname(log));
    writeFileSync(log, RECORDS);
    const on = ['--path', log, '--max-age', '7d'];
    await papyra(['persistence', 'compact', '--quiet', ...on]);
    const small = await doctor(on);
    expect(small.found).toEqual({ in_place: 'warn' });
    expect(small.say('in_place')).toContain('--in-place cannot work on the file system');
    grow(2_500_000);
    const large = await doctor(on);
    expect(large.found).toEqual({ forecast: 'fail', in_place: 'warn', free_space: 'warn' });
    expect(large.say('free_space')).toContain(`$ df -h ${dirname(log)}`);
    appendFileSync(log, `{"timestamp": 1}\n`);
    const needed = await doctor(on);
    expect(needed).toMatchObject({
      code: 1,
      found: { forecast: 'fail', in_place: 'warn', free_space: 'fail' },
    });
    expect(needed.say('free_space')).toMatch(/1\.\d MB are free .* the next rewrite needs 2\.5 MB/);
  });
});
