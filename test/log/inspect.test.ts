// Inspecting logs: exact numbers are those of a plain reading, and a sample says what it is.
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Inspection } from '../../src/index.js';
import { drawLog, START, STEP } from '../support/odd-log.js';
import { papyra, PAPYRA, ROOT } from '../support/papyra.js';
import { peakMemory } from '../support/peak-memory.js';
import { plainExpiry, plainGroups, plainGrowth, plainKinds, plainLines, reportedGroups } from '../support/plain-inspection.js'; // prettier-ignore
import { Random, testSeed } from '../support/random.js';
import { records } from '../support/records.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const api = (await import(join(ROOT, 'dist/index.js'))) as typeof import('../../src/index.js');

const ROUNDS = process.env['PAPYRA_SOAK'] === '1' ? 200 : 20;
const ALL = 1_000_000;

async function inspected(args: string[]): Promise<Inspection> {
  const run = await papyra(['persistence', 'inspect', '--json', ...args]);
  expect([run.code, run.stderr.replace(/^papyra: warning: .*\n/gm, '')]).toEqual([0, '']);
  return JSON.parse(run.stdout) as Inspection;
}

/** Names, sizes and times of all that is in a directory. */
function stateOf(directory: string): unknown[] {
  const stat = (name: string) => statSync(join(directory, name), { bigint: true });
  return readdirSync(directory).map((name) => [name, stat(name).size, stat(name).mtimeNs]);
}

function randomRules(random: Random) {
  const count = 200;
  return {
    max_age_seconds: random.chance(0.6) ? Date.now() / 1000 - (START + (random.below(count) + 0.5) * STEP) : null, // prettier-ignore
    max_records: random.chance(0.5) ? 1 + random.below(count) : null,
    max_total_bytes: random.chance(0.5) ? 100 + random.below(40_000) : null,
  };
}

/** The lines of a log in files, the oldest first; the end of one may end its last line. */
function splitUp(random: Random, content: Buffer): Buffer[] {
  const files: Buffer[] = [];
  let from = 0;
  const pieces = 1 + random.below(4);
  for (let piece = 1; piece < pieces; piece++) {
    const newline = content.indexOf(0x0a, from + random.below(Math.max(1, content.length - from)));
    if (newline === -1) break;
    files.push(content.subarray(from, newline + (random.chance(0.8) ? 1 : 0)));
    from = newline + 1;
  }
  return [...files, content.subarray(from)];
}

/** Whether Python reads so many brackets depends on how deep in calls it is asked to. */
function withoutDeep(log: Buffer): Buffer {
  const lines = log.toString('latin1').split('\n').filter((line) => !line.includes('['.repeat(900))); // prettier-ignore
  return Buffer.from(lines.join('\n'), 'latin1');
}

describe.each(['json', 'rotating'] as const)('%s, all of it read', (backend) => {
  const seed = testSeed(`inspections of ${backend}`);

  test(`${ROUNDS} random logs and policies: every number is that of a plain reading, and nothing is changed`, async () => {
    const random = new Random(seed);
    for (let round = 0; round < ROUNDS; round++) {
      const where = `seed ${seed}, round ${round}`;
      const torn = random.chance(0.3) ? '{"kind": "event", "times' : '';
      const log = drawLog(new Random(seed + round), 1 + random.below(200), random.pick([0, 0.1, 0.4])); // prettier-ignore
      const content = Buffer.concat([withoutDeep(log), Buffer.from(torn)]);
      const files = backend === 'json' ? [content] : splitUp(random, content);
      const directory = tempDirectory();
      const path = join(directory, 'events.ndjson');
      files.toReversed().forEach((file, index) => {
        writeFileSync(index === 0 ? path : `${path}.${index}`, file);
      });
      const before = stateOf(directory);
      const retention = randomRules(random);
      const by = random.pick(['kind', 'type', 'actor'] as const);
      const given = Object.fromEntries(Object.entries(retention).filter(([, limit]) => limit !== null)); // prettier-ignore
      const system = await api.openSystem({
        persistence: {
          backend,
          path,
          retention: given,
          ...(backend === 'json' ? {} : { max_files: 5 }),
        },
      });
      const report = await system.persistence.inspect({ full: random.chance(0.5), by, limit: ALL });
      await system.close();
      expect(stateOf(directory), where).toEqual(before);
      const now = Date.parse(report.started_at) / 1000;
      const ofFiles = plainLines(files);
      const lines = ofFiles.flat();
      const count = (...kinds: string[]) => lines.filter(({ kind }) => kinds.includes(kind)).length;
      expect(report, where).toMatchObject({
        status: 'inspected',
        backend,
        sample: null,
        records: {
          total: count('record', 'undated'),
          undated: count('undated'),
          unreadable: count('unreadable'),
          future: lines.filter(({ timestamp }) => timestamp > now + 86_400).length,
          by_kind: plainKinds(lines),
        },
        bytes: {
          total: files.reduce((sum, { length }) => sum + length, 0),
          unterminated: torn.length,
        },
        expired: plainExpiry(lines, { now, ...retention }),
        leftovers: [],
        last_compaction: null,
      });
      const names = files.map((_, at) => basename(at === files.length - 1 ? path : `${path}.${files.length - 1 - at}`)); // prettier-ignore
      expect(report.parts.map(({ name, records, bytes }) => ({ name, records, bytes })), where).toEqual(
        ofFiles.map((part, at) => ({
          name: names[at],
          records: part.filter(({ kind }) => kind === 'record' || kind === 'undated').length,
          bytes: files[at]!.length,
        })),
      ); // prettier-ignore
      const top = report.top!;
      expect(reportedGroups(top.groups), where).toEqual(plainGroups(lines, by));
      expect(top.others.records, where).toBe(0);
      const total = top.groups.reduce((sum, { bytes }) => sum + bytes, 0);
      for (const { bytes, share_percent } of top.groups) {
        expect(share_percent, where).toBeCloseTo(total === 0 ? 0 : (100 * bytes) / total, 6);
      }
      expect([top.growth_days, ...top.groups.map(({ bytes_per_day }) => bytes_per_day)].every((n) => n === null || n >= 0), where).toBe(true); // prettier-ignore
      const growth = plainGrowth(ofFiles, now);
      expect(top.growth_days, where).toEqual(growth?.days ?? null);
      const perDay = top.groups.reduce((sum, group) => sum + (group.bytes_per_day ?? 0), 0);
      const rounding = top.groups.length / 2 + 1;
      expect(Math.abs(perDay - (growth?.bytesPerDay ?? 0)), where).toBeLessThanOrEqual(rounding);
      // And it is what the dry run of a compaction says.
      const dry = await papyra(['persistence', 'compact', '--dry-run', '--allow-empty', '--json', '--backend', backend, '--path', path, ...flagsOf(retention)]); // prettier-ignore
      if (dry.code === 0) {
        const { records: dryRecords } = JSON.parse(dry.stdout) as { records: { dropped_by: object } }; // prettier-ignore
        const limits = { ...dryRecords.dropped_by, free: undefined };
        expect(report.expired!.by, where).toEqual(limits);
      }
    }
  }, 600_000);
});

function flagsOf({ max_age_seconds, max_records, max_total_bytes }: ReturnType<typeof randomRules>): string[] {
  return [
    ...(max_age_seconds === null ? [] : ['--max-age', `${max_age_seconds.toFixed(3)}s`]),
    ...(max_records === null ? [] : ['--max-records', String(max_records)]),
    ...(max_total_bytes === null ? [] : ['--max-total-bytes', String(max_total_bytes)]),
  ];
} // prettier-ignore

test('a line that is longer than any buffer is read like the others', async () => {
  const long = `{"kind": "event", "event_type": "Long", "pad": "${'x'.repeat(3_000_000)}", "actor": "a"}`;
  const broken = 'y'.repeat(3_000_000);
  const log = tempLog(`{"kind": "audit"}\n${long}\n${broken}\n${long}\n{"kind": "audit"}\n`);
  const { records: found, top } = await inspected(['--path', log, '--full', '--by', 'actor']);
  expect(found).toMatchObject({ total: 4, undated: 4, unreadable: 1 });
  expect(top!.groups).toMatchObject([
    { name: 'a', records: 2, bytes: 2 * (long.length + 1) },
    { name: null, records: 2, bytes: 36 },
  ]);
});

describe('a log that is too large to be read by the way', () => {
  const write = (path: string, from: number, count: number): void => {
    let text = '';
    for (const record of records({ seed: from, count, start: START + from * 10, step: 10 })) text += `${record}\n`; // prettier-ignore
    appendFileSync(path, text);
  };

  test.each(['json', 'rotating'])('%s: a sample is read and says so; estimates are near', async (backend) => {
    const path = join(tempDirectory(), 'events.ndjson');
    const names = backend === 'json' ? [path, path, path, path] : [3, 2, 1, 0].map((n) => (n === 0 ? path : `${path}.${n}`)); // prettier-ignore
    names.forEach((name, at) => write(name, at * 40_000, 40_000));
    const half = ((Date.now() / 1000 - (START + 800_000)) / 1).toFixed(0);
    const args = ['--backend', backend, '--path', path, '--by', 'type', '--max-age', `${half}s`, '--max-records', '60000']; // prettier-ignore
    const [guess, exact] = [await inspected(args), await inspected([...args, '--full'])];
    expect(exact.sample).toBeNull();
    const { sample } = guess;
    const size = names.filter((name, at) => names.indexOf(name) === at).reduce((sum, name) => sum + statSync(name).size, 0); // prettier-ignore
    expect(sample).toMatchObject({ unit: 'bytes', total: size });
    expect(sample!.read).toBeLessThan(21 << 20);
    expect(sample!.read).toBeGreaterThan(19 << 20);
    const near = (one: number, other: number, share: number) => {
      expect(Math.abs(one - other)).toBeLessThanOrEqual(other * share);
    };
    near(guess.records.total!, exact.records.total!, 0.02);
    near(guess.expired!.records!, exact.expired!.records!, 0.05);
    near(guess.expired!.by.age!, exact.expired!.by.age!, 0.05);
    near(guess.top!.groups[0]!.bytes, exact.top!.groups[0]!.bytes, 0.1);
    near(guess.top!.groups[0]!.bytes_per_day!, exact.top!.groups[0]!.bytes_per_day!, 0.1);
    expect(guess.bytes).toEqual(exact.bytes);
    expect(guess.records.oldest).toBe(exact.records.oldest);
    expect(guess.records.newest).toBe(exact.records.newest);
    const { stdout } = await papyra(['persistence', 'inspect', ...args]);
    expect(stdout).toContain('a sample was read');
    expect(stdout).toContain('--full reads everything');
    expect(stdout).toMatch(/event +~\d/);
    const full = await papyra(['persistence', 'inspect', ...args, '--full']);
    expect(full.stdout).not.toContain('~');
    expect(full.stdout).toContain('everything was read');
  }); // prettier-ignore

  test('lines that are too long for a sample are no reason for wrong numbers', async () => {
    const line = `{"kind": "event", "pad": "${'x'.repeat(12_000_000)}", "timestamp": ${START}}\n`;
    const log = tempLog(line.repeat(4));
    const found = await inspected(['--path', log]);
    expect(found.records.total).toBeNull();
    expect(found.expired).toBeNull();
    expect(found.warnings.join()).toContain('use --full');
    expect((await inspected(['--path', log, '--full'])).records.total).toBe(4);
  });

  test('memory stays small, also with more names than there is room for', () => {
    const path = join(tempDirectory(), 'events.ndjson');
    for (let batch = 0; batch < 20; batch++) {
      let text = '';
      for (let n = 0; n < 10_000; n++) {
        const at = batch * 10_000 + n;
        text += `{"kind": "event", "event_type": "A", "actor_address": {"system": "${'s'.repeat(150)}", "actor_id": ${at}}, "timestamp": ${START + at}}\n`;
      }
      appendFileSync(path, text);
    }
    const base = peakMemory(['-e', '0']).mib;
    const args = ['persistence', 'inspect', '--path', path, '--full', '--by', 'actor', '--json'];
    const { code, mib, stdout } = peakMemory([PAPYRA, ...args]);
    const { top, warnings } = JSON.parse(stdout) as Inspection;
    expect(code).toBe(0);
    expect(top!.names).toBeNull();
    expect(top!.groups).toHaveLength(10);
    expect(top!.others.records).toBe(199_990);
    expect(warnings.join()).toContain('more names than papyra remembers');
    expect(mib - base).toBeLessThan(64);
  });
});

describe('what else it tells', () => {
  const content = [...records({ seed: 5, count: 300, start: START, step: STEP })].map((line) => `${line}\n`).join(''); // prettier-ignore

  test('the last compaction, and the counters where they are asked for', async () => {
    const log = tempLog(content);
    await papyra(['persistence', 'compact', '--path', log, '--max-records', '100']);
    const plain = await inspected(['--path', log]);
    expect(plain.last_compaction).toMatchObject({ status: 'compacted', records: { dropped: 200 } });
    expect(plain).not.toHaveProperty('metrics');
    const counted = await inspected(['--path', log, '--show-metrics']);
    expect(counted.metrics).toMatchObject({ compactions_run: 1, records_dropped: 200 });
    const { stdout } = await papyra(['persistence', 'inspect', '--path', log, '--show-metrics']);
    expect(stdout).toMatch(/last compaction +\d{4}-.*compacted: 200 records dropped/);
    expect(stdout).toMatch(/compactions run +1/);
  });

  test('what killed runs and the runtime left beside the log; it stays', async () => {
    const log = tempLog(content);
    const left = ['.events.ndjson.papyra.tmp', 'events.compact.tmp'];
    for (const name of left) writeFileSync(join(dirname(log), name), '');
    const { leftovers } = await inspected(['--path', log]);
    expect(leftovers.map(({ name, of }) => [name, of])).toEqual([
      [left[0], 'papyra'],
      [left[1], 'runtime'],
    ]);
    expect(readdirSync(dirname(log)).sort()).toEqual([...left, 'events.ndjson'].sort());
  });

  test('names from the log are escaped on the screen', async () => {
    const log = tempLog('{"kind": "event", "event_type": "\\u001b[31mred\\u202e"}\n');
    const { stdout } = await papyra(['persistence', 'inspect', '--path', log, '--by', 'type']);
    expect(stdout).toContain('\\x1b[31mred\\u202e');
    expect(stdout).not.toContain('\u001b');
  });

  test('a log that is not there yet is empty, with a word about it; a wrong --path is an error', async () => {
    const directory = tempDirectory();
    const system = await api.openSystem({
      persistence: { backend: 'json', path: join(directory, 'events.ndjson') },
    });
    const report = await system.persistence.inspect({ by: 'type' });
    expect(report).toMatchObject({ records: { total: 0 }, expired: { records: 0 }, parts: [] });
    expect(report.warnings.join()).toContain('is not there yet');
    expect(readdirSync(directory)).toEqual([]);
    const run = await papyra(['persistence', 'inspect', '--path', join(directory, 'x')]);
    expect(run.code).toBe(66);
  });

  test('a store of which all would go is told that a compaction refuses that', async () => {
    const found = await inspected(['--path', tempLog(content), '--max-age', '1s']);
    expect(found.expired).toMatchObject({ records: 300, by: { age: 300, count: 0, size: 0 } });
    expect(found.warnings.join()).toContain('--allow-empty');
  });

  test('memory: nothing to inspect; a custom backend: what its dry run tells, with --full', async () => {
    const directory = tempDirectory();
    const memory = await api.openSystem({ persistence: { backend: 'memory' } });
    expect(await memory.persistence.inspect()).toMatchObject({ status: 'no_op', expired: null });
    const module = join(directory, 'own.mjs');
    writeFileSync(module, "export default () => ({ name: 'own', compact: ({ dryRun }) => ({ records: { scanned: 9, dropped: dryRun ? 4 : 5, dropped_by: { age: 4 } } }) });"); // prettier-ignore
    const config = join(directory, 'papyra.config.json');
    writeFileSync(config, JSON.stringify({ persistence: { backend: './own.mjs' } }));
    const known = await inspected(['--config', config]);
    expect(known).toMatchObject({ status: 'best_effort', backend: 'own', expired: null });
    expect(known.warnings.join()).toContain('with --full it is asked for a dry run');
    const asked = await inspected(['--config', config, '--full']);
    expect(asked).toMatchObject({ records: { total: 9 }, expired: { records: 4, by: { age: 4 } } });
  });

  test.each([
    [['--limit', '5'], '--limit goes with --by only'],
    [['--by', 'size'], 'Allowed choices are kind, type, actor'],
    [['--by', 'kind', '--limit', '0'], '--limit'],
  ])('%j is wrong usage', async (args, words) => {
    const run = await papyra(['persistence', 'inspect', '--path', tempLog(content), ...args]);
    expect(run.code).toBe(64);
    expect(run.stderr).toContain(words);
  });

  test('--quiet prints nothing', async () => {
    const log = tempLog(content);
    const run = await papyra(['--quiet', 'persistence', 'inspect', '--path', log, '--by', 'actor']);
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(log, 'utf8')).toBe(content);
  });
});
