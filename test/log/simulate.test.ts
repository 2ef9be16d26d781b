import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { closeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openSystem, type SimulatedLimit, type SimulationReport } from '../../src/index.js';
import { candidatesFor } from '../../src/forecast/candidates.js';
import { openLog } from '../../src/log/open.js';
import { readAll } from '../../src/log/read-all.js';
import { simulateLog } from '../../src/log/simulate.js';
import { LineReader } from '../../src/records/line-reader.js';
import { papyra } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const NOW = 1_790_000_000;
const SOAK = process.env['PAPYRA_SOAK'] === '1';

type Store = Parameters<typeof openSystem>[0] & { persistence: object };
interface Odd {
  unreadable: 'keep' | 'drop';
  undated: 'keep' | 'drop';
}

/** Lines of a log, in order of time or not, with some that are no dated records. */
function lines(random: Random, count: number, pad: number): string {
  const span = 10 ** (2 + 4 * random.next());
  const sorted = random.chance(0.6);
  const odd = random.chance(0.5) ? 0.1 : 0;
  let text = '';
  for (let at = 0; at < count; at++) {
    const filling = 'x'.repeat(random.below(pad));
    const age = sorted ? (span * (count - at)) / count : span * random.next();
    if (!random.chance(odd)) text += `{"pad": "${filling}", "timestamp": ${NOW - age}}\n`;
    else text += random.pick([`{"pad": "${filling}"}\n`, `{"pad": "${filling}\n`, '  \n']);
  }
  return text;
}

const policyOf = (random: Random) => ({
  max_age_seconds: random.chance(0.5) ? 10 ** (1 + 5 * random.next()) : undefined,
  max_records: random.chance(0.3) ? 1 + random.below(3000) : undefined,
  max_total_bytes: random.chance(0.3) ? 1 + random.below(400_000) : undefined,
});

/** What the tool says in a dry run with that limit. */
async function dryRun(store: Store, { limit, value }: SimulatedLimit, odd: Odd) {
  const overrides = limit === null ? {} : { [limit]: value };
  const system = await openSystem({ ...store, overrides });
  const report = await system.persistence.compact({
    dryRun: true,
    maxDrop: 1,
    allowEmpty: true,
    now: NOW,
    ...odd,
  });
  await system.close();
  const { records, bytes } = report;
  return {
    kept_records: records.kept,
    kept_bytes: bytes.after,
    dropped_records: records.dropped,
    dropped_bytes: bytes.reclaimed,
  };
}

async function simulate(store: Store, odd: Odd): Promise<SimulationReport> {
  const system = await openSystem(store);
  try {
    return await system.persistence.simulate({ now: NOW, ...odd });
  } finally {
    await system.close();
  }
}

async function expectTrue(store: Store, odd: Odd, where: string): Promise<SimulationReport> {
  const report = await simulate(store, odd);
  for (const row of report.limits) {
    const { kept_records, kept_bytes, dropped_records, dropped_bytes } = row;
    const found = { kept_records, kept_bytes, dropped_records, dropped_bytes };
    // There the dry run does not count what it leaves unread.
    if (odd.unreadable === 'drop' && row.limit !== 'max_age_seconds') continue;
    expect(row.exact).toBe(true);
    expect(found, `${where} ${row.flag}`).toEqual(await dryRun(store, row, odd));
  }
  return report;
}

const oddly = (random: Random): Odd => ({
  unreadable: random.pick(['keep', 'drop']),
  undated: random.pick(['keep', 'drop']),
});

function storeOf(backend: string, path: string, retention: object): Store {
  const given = Object.fromEntries(Object.entries(retention).filter(([, value]) => value !== undefined)); // prettier-ignore
  const more = backend === 'rotating' ? { max_files: 4, max_bytes: 1_000_000_000 } : {};
  return { persistence: { backend, path, retention: given, ...more } };
}

describe('a simulation of a log', () => {
  test('says for each limit what a dry run with it says', async () => {
    const seed = testSeed('simulate json');
    for (let at = 0; at < (SOAK ? 300 : 20); at++) {
      const random = new Random(seed + at);
      const large = random.chance(0.2);
      const path = tempLog(lines(random, large ? 12_000 : random.below(400), large ? 600 : 200) + random.pick(['', '{"ha'])); // prettier-ignore
      await expectTrue(storeOf('json', path, policyOf(random)), oddly(random), `seed ${seed + at}`);
    }
  });

  test('of a rotating set does, too', async () => {
    const seed = testSeed('simulate rotating');
    for (let at = 0; at < (SOAK ? 200 : 12); at++) {
      const random = new Random(seed + at);
      const path = join(tempDirectory(), 'events.ndjson');
      const all = lines(random, 400, 200).split('\n');
      for (const [index, name] of ['.3', '.2', '.1', ''].entries()) {
        const part = all.slice(index * 100, index * 100 + 100).join('\n');
        writeFileSync(`${path}${name}`, random.chance(0.7) || name === '' ? `${part}\n` : part);
      }
      await expectTrue(storeOf('rotating', path, policyOf(random)), oddly(random), `seed ${seed + at}`); // prettier-ignore
    }
  });

  test('reads little of a log that has an index, and says the same', async () => {
    const random = new Random(testSeed('simulate index'));
    const text = Array.from({ length: 80_000 }, (_, at) => `{"pad": "${'x'.repeat(100 + random.below(150))}", "timestamp": ${NOW - 80_000 + at}.5}\n`); // prettier-ignore
    const path = tempLog(text.slice(0, 70_000).join(''));
    const store = storeOf('json', path, { max_age_seconds: 75_000 });
    const system = await openSystem(store);
    await (await import('../../src/backends/json/plan.js')).planLog(path, {
      ...{ dryRun: false, allowEmpty: false, lockWaitMs: 0, offline: true, inPlace: false },
      rules: { max_age_seconds: 75_000, max_records: null, max_total_bytes: null, now: NOW, unreadable: 'keep', undated: 'keep' }, // prettier-ignore
    }).then(async (plan) => {
      await plan.execute();
      await plan.close();
    }); // prettier-ignore
    await system.close();
    writeFileSync(path, text.slice(70_000).join(''), { flag: 'a' });
    const report = await expectTrue(store, { unreadable: 'keep', undated: 'keep' }, 'index');
    expect(report.source).toBe('index');
    expect(report.oldest).toBe(new Date((NOW - 75_000) * 1000).toISOString());
    expect(report.limits.find(({ flag }) => flag === '--max-age 1h')?.oldest_kept).toBe(new Date((NOW - 3600) * 1000).toISOString()); // prettier-ignore
  });

  test('never calls an estimate exact, and estimates a log without any order well', async () => {
    const random = new Random(testSeed('simulate estimate'));
    const count = 60_000;
    const text = Array.from({ length: count }, () => `{"pad": "${'x'.repeat(100)}", "timestamp": ${NOW - 100_000 * random.next()}}\n`); // prettier-ignore
    const log = openLog(tempLog(text.join('')));
    const rules = { max_age_seconds: 50_000, max_records: null, max_total_bytes: null, now: NOW, unreadable: 'keep', undated: 'keep' } as const; // prettier-ignore
    const reader = new LineReader({ cutoff: NOW - 50_000, horizon: NOW });
    const tick = () => undefined;
    const sums = await readAll({ file: log, from: 0, to: log.stat.size, reader, tick });
    const task = { files: [{ file: log, size: log.stat.size, sums, rotated: false }], rules, isScanned: () => true, tick, reader }; // prettier-ignore
    const choose = (contents: Parameters<typeof candidatesFor>[1]) => candidatesFor(rules, contents, NOW); // prettier-ignore
    const about = await simulateLog({ ...task, candidatesFor: choose, budget: 0 });
    const exact = await simulateLog({ ...task, candidatesFor: choose, budget: Infinity });
    closeSync(log.fd);
    expect(exact.limits.every((row) => row.exact)).toBe(true);
    for (const [at, row] of about.limits.entries()) {
      expect(row.exact).toBe(row.limit !== 'max_age_seconds' || row.in_force);
      const truth = exact.limits[at]!;
      expect(Math.abs(row.kept_records - truth.kept_records)).toBeLessThan(count * 0.01);
      // When the oldest of them is from, is then only known as far as the cutoff tells.
      if (row.exact) expect({ ...row, oldest_kept: truth.oldest_kept }).toEqual(truth);
    }
  });
});

describe('papyra persistence compact --dry-run --simulate', () => {
  const log = () => tempLog(lines(new Random(1), 300, 100));

  test('shows a table, or one document, and touches nothing', async () => {
    const path = log();
    const args = ['persistence', 'compact', '--dry-run', '--simulate', '--path', path, '--max-age', '7d', '--now', String(NOW)]; // prettier-ignore
    const { code, stdout, stderr } = await papyra(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('--max-age 7d');
    for (const line of stdout.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(80);
    const json = JSON.parse((await papyra([...args, '--json'])).stdout) as SimulationReport;
    expect(json.schema).toBe('papyra.simulation/v1');
    expect(json.limits.filter(({ in_force }) => in_force)).toMatchObject([
      { flag: '--max-age 7d' },
    ]);
    expect(await papyra(['--quiet', ...args])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await import('node:fs')).readdirSync(dirname(path))).toHaveLength(1);
  });

  test.each([
    [['--simulate'], 'type papyra persistence compact --dry-run --simulate'],
    [['--dry-run', '--simulate', '--in-place'], '--in-place has no effect'],
    [['--dry-run', '--simulate', '--allow-empty'], '--allow-empty has no effect'],
  ])('refuses %j', async (flags, said) => {
    const run = await papyra(['persistence', 'compact', ...flags, '--path', log()]);
    expect(run.code).toBe(64);
    expect(run.stderr).toContain(said);
  });

  test('refuses a backend whose records are not to be read', async () => {
    const run = await papyra(['persistence', 'compact', '--dry-run', '--simulate', '--backend', 'memory'], { cwd: tempDirectory() }); // prettier-ignore
    expect(run.code).toBe(64);
    const directory = tempDirectory();
    mkdirSync(join(directory, 'etc'));
    writeFileSync(join(directory, 'own.mjs'), 'export default () => ({ name: "own", compact: () => null });\n'); // prettier-ignore
    writeFileSync(join(directory, 'papyra.config.json'), JSON.stringify({ persistence: { backend: './own.mjs' } })); // prettier-ignore
    const own = await papyra(['persistence', 'compact', '--dry-run', '--simulate', '--config', join(directory, 'papyra.config.json')]); // prettier-ignore
    expect(own.code).toBe(64);
    expect(own.stderr).toContain('cannot be simulated');
  });
});
