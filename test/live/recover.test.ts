import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ScanReport } from '../../src/index.js';
import { NO_PROGRAMS, papyra } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';
import { countRecords } from './count.js';
import { leftovers, startWriter } from './run.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
/** The long form: so many records of each writer. The short one: so many runs, and a bound. */
const COUNT = soak ? 350_000 : 1_000_000;
const RUNS = 6;
const WHOLE = { lost: 0, twice: 0, torn: 0 };

/** Three writers at full speed; `work` again and again until they are done, or it was done often enough. */
async function underWriters(log: string, work: () => Promise<unknown>) {
  const writers = [0, 1, 2].map((index) => startWriter(log, `w${index}`, { count: COUNT }));
  let running = writers.length;
  for (const { child } of writers) void child.then(() => (running -= 1));
  let runs = 0;
  for (; soak ? running > 0 : runs < RUNS; runs++) await work();
  const written: Record<string, number> = {};
  for (const [index, writer] of writers.entries()) written[`w${index}`] = await writer.stop();
  return { runs, written };
}

test('3 writers at full speed, scan in a loop: it never reports an anomaly', async () => {
  const log = tempLog('{"kind": "event", "timestamp": 1.5}\n'.repeat(1000));
  const { runs, written } = await underWriters(log, async () => {
    const { code, stdout, stderr } = await papyra(['persistence', 'scan', '--json', '--path', log], { env: NO_PROGRAMS }); // prettier-ignore
    const { anomalies } = JSON.parse(stdout) as ScanReport;
    expect({ code, listed: anomalies.listed, stderr }).toEqual({ code: 0, listed: [], stderr: '' });
  });
  console.log(`scan under 3 writers: ${runs} scans, ${JSON.stringify(written)}`);
}, 900_000);

test('3 writers at full speed, damage and recovery in a loop: no record lost, twice or torn', async () => {
  const log = tempLog('{"kind": "event", "timestamp": 1.5}\n'.repeat(1000));
  const recover = ['persistence', 'recover', '--quiet', '--path', log, '--max-drop', '100%'];
  const codes: Record<number, number> = {};
  const { runs, written } = await underWriters(log, async () => {
    for (let n = 0; n < 5; n++) appendFileSync(log, `\0\0\0 damage ${n}\n`);
    const { code, stderr } = await papyra(recover, { env: NO_PROGRAMS });
    codes[code] = (codes[code] ?? 0) + 1;
    expect([0, 75], stderr).toContain(code);
    await sleep(50);
  });
  expect((await papyra(recover)).code).toBe(0);
  const tally = await countRecords(log, written);
  console.log(`recovery under 3 writers: ${JSON.stringify({ runs, codes, written, tally })}`);
  expect(codes[0]).toBeGreaterThan(0);
  expect(tally).toMatchObject(WHOLE);
  expect(leftovers(log)).toEqual([]);
}, 900_000);
