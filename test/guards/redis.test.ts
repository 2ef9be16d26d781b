import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tempRedisConfig } from '../support/config.js';
import { compact, papyra } from '../support/papyra.js';
import { startRedis, stopServers, type Server } from '../support/redis.js';
import { load, streamEntries } from '../support/streams.js';

const DAY = 86_400;
const COUNT = 3000;

let server: Server;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(stopServers);

/** A system whose streams have records of the last nine days, one of them of now. */
async function system(name: string): Promise<string[]> {
  const step = (9 * DAY) / COUNT;
  const start = Date.now() / 1000 - step * (COUNT - 1);
  await load(server.client, streamEntries({ seed: 1, count: COUNT, start, step, system: name }));
  await server.client.xadd(`papyra:${name}:events`, '*', 'data', '{"kind":"event"}');
  return ['--config', tempRedisConfig({ url: server.url, system_id: name })];
}

async function lengthOf(name: string): Promise<number> {
  const kinds = ['events', 'audits', 'dead_letters'];
  const lengths = await Promise.all(kinds.map((kind) => server.client.xlen(`papyra:${name}:${kind}`))); // prettier-ignore
  return lengths.reduce((sum, length) => sum + length, 0);
}

describe('guards of streams', () => {
  test('a wrong unit is refused in the first run, and after others', async () => {
    const args = await system('units');
    const first = await compact([...args, '--max-age', '7s']);
    expect([first.code, first.stdout]).toEqual([65, '']);
    expect(first.stderr).toContain(
      'max_age_seconds is 7 seconds, and the store has records of 9 days',
    );
    expect(await lengthOf('units')).toBe(COUNT + 1);
    expect((await compact([...args, '--max-age', '7d', '--exact'])).code).toBe(0);
    const left = await lengthOf('units');
    const wrong = await compact([...args, '--max-age', '7h']);
    expect(wrong.code).toBe(65);
    expect(wrong.stderr).toMatch(/% of the [\d,]+ records of .* would go: max_age_seconds is 7 hours, and was 7 days in the last run; the newest is \d+ seconds? old/); // prettier-ignore
    const dry = await compact([...args, '--max-age', '7h', '--dry-run']);
    expect(dry).toMatchObject({ code: 65, report: { status: 'dry_run' } });
    expect(await lengthOf('units')).toBe(left);
    // A limit that the server applies without a count, as long as nothing speaks against it.
    expect((await compact([...args, '--max-records', '100', '--exact'])).code).toBe(0);
    expect((await compact([...args, '--max-records', '10'])).code).toBe(65);
    expect((await compact([...args, '--max-records', '10', '--max-drop', '100%', '--exact'])).code).toBe(0); // prettier-ignore
    expect(await lengthOf('units')).toBe(30);
  });

  test('a clock of this machine that is a year ahead is refused', async () => {
    const args = [...(await system('clock')), '--max-age', '8d'];
    expect((await compact([...args, '--exact'])).code).toBe(0);
    // An entry that the same clock has dated: something would stay.
    const later = `{"kind":"event","timestamp":${Date.now() / 1000 + 365 * DAY}}`;
    await server.client.xadd('papyra:clock:events', '*', 'data', later);
    const left = await lengthOf('clock');
    const command = ['faketime', '-f', '+365d', process.execPath];
    const run = await papyra(['persistence', 'compact', ...args], { command });
    expect(run).toMatchObject({ code: 65, stdout: '' });
    expect(run.stderr).toContain('by this clock the last run ended well 365 days ago');
    expect(await lengthOf('clock')).toBe(left);
  });

  test('--min-reclaim is a share of the memory; what waits is told, and nothing is trimmed', async () => {
    const args = [...(await system('waits')), '--max-age', '8d', '--exact'];
    for (const amount of ['50%', '10MB']) {
      const held = await compact([...args, '--min-reclaim', amount]);
      const { report } = held;
      expect(held.code).toBe(0);
      expect(report).toMatchObject({
        status: 'nothing_to_do',
        records: { dropped: 0, kept: COUNT + 1 },
      });
      expect(report.bytes).toMatchObject({ reclaimed: 0, after: report.bytes.before });
      expect(report.waiting!.records).toBe(report.records.expired_left);
      expect(report.waiting!.records).toBeGreaterThan(300);
      expect(report.waiting!.bytes! / report.bytes.before!).toBeCloseTo(1 / 9, 1);
      expect(report.parts.every(({ action }) => action === 'unchanged')).toBe(true);
      const dry = await compact([...args, '--min-reclaim', amount, '--dry-run']);
      expect(dry.report.waiting!.needed).toBe(report.waiting!.needed);
    }
    expect(await lengthOf('waits')).toBe(COUNT + 1);
    const goes = await compact([...args, '--min-reclaim', '5%', '--max-drop', '20%']);
    expect(goes.report.status).toBe('compacted');
    const beyond = await compact([...args, '--max-records', '10', '--max-drop', '20%']);
    expect(beyond.stderr).toMatch(
      /9[89]\.?\d?% of the [\d,]+ records of .* would go, and --max-drop allows 20%/,
    );
  });
});
