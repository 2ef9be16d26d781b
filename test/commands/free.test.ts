import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSystem } from '../../src/index.js';
import { compact, papyra } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';

const NOW = Date.now() / 1000;

/** Records of so many seconds ago. */
const aged = (seconds: number, count: number) =>
  Array.from({ length: count }, (_, n) => `{"n": ${n}, "timestamp": ${(NOW - seconds).toFixed(1)}, "pad": "${'x'.repeat(150)}"}\n`).join(''); // prettier-ignore

const OLD = aged(7200, 1000);
const YOUNG = aged(60, 50);
const free = (log: string, ...flags: string[]) => compact(['--path', log, '--free', ...flags]);

async function expectUntouched(content: string, words: RegExp, code: number, ...flags: string[]) {
  const log = tempLog(content);
  const done = await free(log, ...flags);
  expect([done.code, done.stderr]).toEqual([code, expect.stringMatching(words)]);
  expect(readFileSync(log, 'utf8')).toBe(content);
  expect((await free(log, ...flags, '--dry-run')).code).toBe(code);
}

describe('--free', () => {
  test('takes the place of the limits: flags that say them are refused, those of a configuration have no effect', async () => {
    for (const flag of ['--max-age', '--max-records', '--max-total-bytes']) {
      await expectUntouched(OLD + YOUNG, new RegExp(`${flag} and --free cannot be used together`), 64, '10KB', flag, flag === '--max-age' ? '1s' : '1'); // prettier-ignore
    }
    const log = tempLog(OLD + YOUNG);
    const system = await openSystem({ persistence: { backend: 'json', path: log, retention: { max_records: 3 } } }); // prettier-ignore
    const report = await system.persistence.compact({ free: 10_000, minAge: 3600 });
    await system.close();
    expect(report.policy).toEqual({ max_age_seconds: null, max_records: null, max_total_bytes: null }); // prettier-ignore
    expect(report.records.kept).toBeNull();
    expect(report.records.dropped_by).toEqual({ age: 0, count: 0, size: 0, free: report.records.dropped }); // prettier-ignore
    expect(readFileSync(log, 'utf8').endsWith(OLD.slice(-100_000) + YOUNG)).toBe(true);
  });

  test('--min-age alone, no size, or a size of nothing: 64', async () => {
    const log = tempLog(OLD + YOUNG);
    const other = await compact(['--path', log, '--min-age', '1h']);
    expect([other.code, other.stderr]).toEqual([64, expect.stringContaining('--min-age')]);
    for (const size of ['0', '-1', 'all', '']) expect((await free(log, size)).code).toBe(64);
  });

  test('a backend that has no disk of its own: 64', async () => {
    const { code, stderr } = await papyra(['persistence', 'compact', '--backend', 'memory', '--free', '1MB']); // prettier-ignore
    expect([code, stderr]).toEqual([64, expect.stringContaining('--free is not for the backend memory')]); // prettier-ignore
  });

  test('a record that is too young holds what is behind it, however old that is', async () => {
    await expectUntouched(aged(60, 1) + OLD + YOUNG, /nothing can be freed; the record at byte 0 of .* is younger than --min-age 1h/, 65, '10KB'); // prettier-ignore
  });

  test('a record that is dated ahead holds, too, and the hint names what asks for no time', async () => {
    await expectUntouched(aged(-90_000, 1) + OLD + YOUNG, /dated ahead, and nothing behind it goes[^]*--max-records/, 65, '10KB'); // prettier-ignore
  });

  test('an unreadable line is gone round by a rewrite; in place it holds, and --unreadable drop lets it go', async () => {
    const content = `torn\n${OLD}${YOUNG}`;
    await expectUntouched(content, /the unreadable line at byte 0 of .* stays[^]*--unreadable drop/, 65, '10KB', '--in-place'); // prettier-ignore
    const log = tempLog(content);
    const { report } = await free(log, '10KB');
    expect(report.parts).toMatchObject([{ action: 'rewritten' }]);
    expect(readFileSync(log, 'utf8').startsWith('torn\n{"n"')).toBe(true);
    const other = tempLog(content);
    expect((await free(other, '10KB', '--unreadable', 'drop')).code).toBe(0);
    expect(readFileSync(other, 'utf8')).not.toContain('torn');
  });

  test('a clock that is a year ahead: not more goes than was asked for, and never the last record', async () => {
    const content = OLD;
    const size = Buffer.byteLength(content);
    await expectUntouched(content, /at most \d+ can be freed/, 65, '10MB', '--min-age', '1s');
    const log = tempLog(content);
    const all = statSync(log).blocks * 512;
    const whole = await free(log, `${all}`, '--min-age', '1s');
    expect([whole.code, whole.stderr]).toEqual([65, expect.stringMatching(/nothing would be left|cannot free/)]); // prettier-ignore
    expect(statSync(log).size).toBe(size);
  });

  test('an archive on the disk that is to be freed: 65, nothing is written there', async () => {
    const log = tempLog(OLD + YOUNG);
    const archive = join(dirname(log), 'archive');
    mkdirSync(archive);
    const { code, stderr } = await free(log, '10KB', '--archive', archive);
    expect([code, stderr]).toEqual([65, expect.stringContaining('on the same file system')]);
    expect(readFileSync(log, 'utf8')).toBe(OLD + YOUNG);
  });

  test('a rotating set: a line that stays in the oldest file ends it there, and a newer file is not touched', async () => {
    const log = tempLog(YOUNG, 'events.log');
    writeFileSync(`${log}.2`, `${OLD}torn\n`);
    writeFileSync(`${log}.1`, OLD);
    const flags = ['--backend', 'rotating', '--max-files', '3'];
    const asked = `${Math.floor(1.5 * OLD.length)}`;
    const held = await free(log, asked, ...flags, '--in-place');
    expect([held.code, held.stderr]).toEqual([65, expect.stringMatching(/the unreadable line at byte \d+ of events\.log\.2 stays/)]); // prettier-ignore
    expect(readFileSync(`${log}.1`, 'utf8')).toBe(OLD);
    const { code, report, stderr } = await free(log, asked, ...flags, '--offline');
    expect(code, stderr).toBe(0);
    expect(report.parts[0]).toMatchObject({ name: 'events.log.2', action: 'rewritten' });
    expect(readFileSync(`${log}.2`, 'utf8')).toBe('torn\n');
    expect(readFileSync(log, 'utf8')).toBe(YOUNG);
  });

  test('the screen says the rule and the way', async () => {
    const { stdout } = await papyra(['persistence', 'compact', '--path', tempLog(OLD + YOUNG), '--free', '20KB', '--dry-run']); // prettier-ignore
    expect(stdout).toMatch(/\d+ to free space/);
    expect(stdout).toMatch(/policy +free 20\.0 kB from the old end; keep what is younger than 1 hour/); // prettier-ignore
    expect(stdout).toMatch(/way +events\.ndjson: /);
  });
});
