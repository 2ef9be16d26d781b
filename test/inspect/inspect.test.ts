import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { safeJson } from '../../src/output/record-line.js';
import { pythonRepr } from '../../src/output/python-repr.js';
import { fieldsOf } from '../../src/records/members.js';
import { jsonValueOf } from '../../src/records/json-value.js';
import { parseMoment } from '../../src/units/units.js';
import { openSystem, type InspectSummary } from '../../src/index.js';
import { tempConfig } from '../support/config.js';
import { compact, papyra, PAPYRA } from '../support/papyra.js';
import { peakMemory } from '../support/peak-memory.js';
import { records } from '../support/records.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const address = (id: number) => `{"system": "local", "actor_id": ${id}}`;
const event = (n: number, type = 'ActorStarted') =>
  `{"kind": "event", "system_id": "local", "actor_address": ${address(n)}, "event_type": "${type}", "payload": {}, "timestamp": ${1_700_000_000 + n}.123}`;
const audit = '{"kind": "audit", "system_id": "local", "timestamp": 1700001234.0, "total_actors": 10, "alive_actors": 8, "stopping_actors": 1, "restarting_actors": 1, "registry_size": 12, "registry_orphans": [], "registry_dead": [], "dead_letters_count": 2}'; // prettier-ignore
const letter = (payload: string) =>
  `{"kind": "dead_letter", "system_id": "local", "target": ${address(2)}, "message_type": "str", "payload": ${payload}, "timestamp": 1700002000.5}`;

const asLog = (...lines: string[]) => lines.map((line) => `${line}\n`).join('');

describe('inspect shows records in the form of the runtime', () => {
  test('events, audits and dead letters', async () => {
    const log = tempLog(asLog(event(1), audit, letter('"hello"'), event(2, 'ActorCrashed')));
    const show = async (...args: string[]) => (await papyra(['inspect', ...args, '--path', log])).stdout; // prettier-ignore
    expect(await show('events')).toBe(
      '[1700000001.123] ActorStarted local://1\n[1700000002.123] ActorCrashed local://2\n',
    );
    expect(await show('audits')).toBe(
      '[1700001234.000] total=10 alive=8 stopping=1 restarting=1 dead_letters=2\n',
    );
    expect(await show('dead-letters')).toBe(
      "[1700002000.500] target=local://2 type=str payload='hello'\n",
    );
    expect(await show('summary')).toMatch(/^Actors: total=10 alive=8 stopping=1 restarting=1\nDead letters: 2\n/); // prettier-ignore
    expect(await show('dead-letters', '--quiet')).toBe('');
  });

  test('nothing, in the words of the runtime, and with --json not at all', async () => {
    const log = tempLog('');
    const show = async (...args: string[]) => (await papyra(['inspect', ...args, '--path', log])).stdout; // prettier-ignore
    expect(await show('events')).toBe('No events recorded.\n');
    expect(await show('audits')).toBe('No audit reports recorded.\n');
    expect(await show('dead-letters')).toBe('No dead letters recorded.\n');
    expect(await show('summary')).toMatch(/^No audit data available\.\n/);
    expect(await show('events', '--json')).toBe('');
  });

  test.each([
    ['"it\'s"', '"it\'s"'],
    ['"\\u0007 \\u001b[2J \\u2028 \u00a0é\\ud83d\\ude00"', "'\\x07 \\x1b[2J \\u2028 \\xa0é😀'"],
    ['{"a": [1, -0.0, 1e22, 1e-7, 123456789012345678901234567890], "b": {}}', "{'a': [1, -0.0, 1e+22, 1e-07, 123456789012345678901234567890], 'b': {}}"],
    ['[NaN, -Infinity, true, null, 1790000000.0, 0.0001, 123456789.125]', '[nan, -inf, True, None, 1790000000.0, 0.0001, 123456789.125]'],
    ['{"a": 1, "b": 2, "a": 3}', "{'a': 3, 'b': 2}"],
  ])('the payload %s as Python shows it', (json, shown) => {
    expect(pythonRepr(jsonValueOf(json))).toBe(shown);
  }); // prettier-ignore

  test('deep nesting takes no stack', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    expect(pythonRepr(jsonValueOf(deep))).toBe(deep);
  });

  test('of fields the last counts, however its name is written', () => {
    const fields = fieldsOf('{"k":"}\\"{" , "\\u006b" : [1,{"k":2}],"t":-1.5e3}');
    expect([...fields]).toEqual([
      ['k', '[1,{"k":2}]'],
      ['t', '-1.5e3'],
    ]);
  });

  test('control characters never reach a terminal', async () => {
    const odd = `${letter('"\u007f\u009b2J\u202e"').slice(0, -1)}}`;
    const log = tempLog(asLog(odd));
    const { stdout } = await papyra(['inspect', 'dead-letters', '--path', log]);
    expect(stdout).toContain("payload='\\x7f\\x9b2J\\u202e'");
    const raw = await papyra(['inspect', 'dead-letters', '--json', '--path', log]);
    expect(raw.stdout).toBe(`${odd}\n`);
    expect(safeJson(Buffer.from(odd))).toContain('"\\u007f\\u009b2J\\u202e"');
    expect(JSON.parse(safeJson(Buffer.from(odd)))).toEqual(JSON.parse(odd));
  });
});

describe('inspect', () => {
  test('filters before it limits', async () => {
    const log = tempLog(asLog(event(1, 'A'), event(2, 'A'), event(3, 'B'), event(4, 'B')));
    const args = ['inspect', 'events', '--path', log, '--event-type', 'A', '--limit', '1'];
    expect((await papyra(args)).stdout).toBe('[1700000002.123] A local://2\n');
  });

  test.each([
    [['events', '--follow', '--reverse']],
    [['events', '--follow', '--until', '2h']],
    [['events', '--since', 'yesterday']],
    [['events', '--limit', '0']],
    [['audits', '--event-type', 'A']],
    [['nothing']],
  ])('refuses %j as wrong usage', async (args) => {
    expect((await papyra(['inspect', ...args, '--path', tempLog('')])).code).toBe(64);
  });

  test('says where there is no log', async () => {
    expect((await papyra(['inspect', 'events', '--path', '/nonexistent/x'])).code).toBe(66);
    const archive = ['--archive', '/nonexistent'];
    expect((await papyra(['inspect', 'events', '--path', tempLog(''), ...archive])).code).toBe(66);
  });

  test('lists what is in the memory backend, which is nothing, and says why', async () => {
    const { code, stderr } = await papyra(['inspect', 'events', '--config', tempConfig({ persistence: { backend: 'memory' } })]); // prettier-ignore
    expect(code).toBe(0);
    expect(stderr).toContain("inside the runtime's own process");
  });

  test('lists what a custom backend hands out, by the rules of retention', async () => {
    const directory = tempDirectory();
    const lines = [event(1), 'broken', audit, event(2), event(3)];
    const module = (more: string) =>
      `export default () => ({ name: 'mine', compact: () => null, ${more} });`;
    const run = async (more: string, ...args: string[]) => {
      writeFileSync(join(directory, 'mine.mjs'), module(more), { mode: 0o600 });
      const config = join(directory, 'papyra.config.json');
      const retention = { max_records: 3 };
      writeFileSync(config, JSON.stringify({ persistence: { backend: './mine.mjs', retention } }), { mode: 0o600 }); // prettier-ignore
      return papyra(['inspect', 'events', '--json', '--config', config, ...args]);
    };
    const offer = `records: () => ${JSON.stringify(lines)}`;
    expect((await run(offer)).stdout).toBe(asLog(event(2), event(3)));
    expect((await run(offer, '--reverse', '--limit', '1')).stdout).toBe(asLog(event(3)));
    const refused = await run('');
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('records()')]);
  });

  test('names a line that is too long to be held, counts it, and lists the others', async () => {
    const long = letter(`"${'y'.repeat(20_000_000)}"`);
    const log = tempLog(asLog(letter('1'), letter('2'), long, letter('3')));
    const args = ['inspect', 'dead-letters', '--json', '--path', log, '--max-records', '3'];
    for (const [flags, shown] of [
      [[], asLog(letter('2'), letter('3'))],
      [['--reverse'], asLog(letter('3'), letter('2'))],
    ] as const) {
      const { code, stdout, stderr } = await papyra([...args, ...flags]);
      expect([code, stdout]).toEqual([0, shown]);
      expect(stderr).toContain(`${long.length + 1} bytes`);
    }
  });

  test('cuts a payload that is too long for a line', async () => {
    const log = tempLog(asLog(letter(`{"a": "${'\\u00e9'.repeat(50_000)}"}`), letter('"b"')));
    const { stdout } = await papyra(['inspect', 'dead-letters', '--path', log]);
    const [first, second] = stdout.split('\n');
    expect(first!.length).toBeLessThan(20_100);
    expect(/payload=\{'a': 'é+…$/.test(first!)).toBe(true);
    expect(second).toMatch(/payload='b'$/);
  });

  test('takes little memory, however much it lists', () => {
    const some = [...records({ seed: 2, count: 20_000, start: 1_790_000_000, step: 1 })];
    const log = tempLog('');
    for (let times = 0; times < 20; times++) appendFileSync(log, asLog(...some));
    const own = peakMemory(['-e', '0']).mib;
    for (const flags of [['--reverse'], ['--json', '--max-records', '300000']]) {
      const { code, mib } = peakMemory([PAPYRA, 'inspect', 'events', '--path', log, ...flags]);
      expect(code).toBe(0);
      expect(mib - own).toBeLessThan(64);
    }
  });

  test('passes over what an index says is of another time', async () => {
    const all = [...records({ seed: 1, count: 100_000, start: 1_790_000_000, step: 1 })];
    const log = tempLog(asLog(...all));
    expect((await compact(['--path', log, '--max-age', '520w'])).code).toBe(0);
    const before = readFileSync(log);
    const args = ['inspect', 'events', '--json', '--path', log, '--since', '1790050000', '--until', '1790050010']; // prettier-ignore
    const expected = all.slice(50_000, 50_011).filter((line) => line.includes('"kind": "event"'));
    expect((await papyra(args)).stdout).toBe(asLog(...expected));
    expect((await papyra([...args, '--reverse'])).stdout).toBe(asLog(...expected.reverse()));
    expect(readFileSync(log).equals(before)).toBe(true);
  });

  test('is there for programs', async () => {
    const log = tempLog(asLog(event(1), audit));
    const system = await openSystem({ overrides: { path: log } });
    const seen: [string, number | null][] = [];
    for await (const { kind, timestamp } of system.inspect.records()) seen.push([kind, timestamp]);
    expect(seen).toEqual([
      ['event', 1_700_000_001.123],
      ['audit', 1_700_001_234],
    ]);
    const summary: InspectSummary = await system.inspect.summary();
    expect(summary).toMatchObject({ schema: 'papyra.summary/v1', records: 2, backend: 'json' });
    expect(summary.kinds[0]).toMatchObject({ kind: 'event', types: [{ type: 'ActorStarted', records: 1 }] }); // prettier-ignore
    await expect(system.inspect.summary({ since: 'x' as never })).rejects.toThrow('since');
    await system.close();
  });

  test.each([
    ['2h', 10_000 - 7200],
    ['1790000000.5', 1_790_000_000.5],
    ['1970-01-02', 86_400],
  ])('takes %s as a time', (text, seconds) => expect(parseMoment(text, 10_000)).toBe(seconds));
});

describe('inspect --archive', () => {
  /** A log of 40 events, 20 of which were archived by two runs; between them one was killed before it changed the log. */
  async function scene() {
    const archive = tempDirectory();
    const log = tempLog(asLog(...Array.from({ length: 40 }, (_, n) => event(n))));
    const put = (directory: string, day: number, lines = Infinity) => {
      const [name] = readdirSync(directory).filter((one) => one.startsWith('papyra-archive_'));
      const content = gunzipSync(readFileSync(join(directory, name!))).toString();
      const some = asLog(...content.trimEnd().split('\n').slice(0, lines));
      const stamped = name!.replace(
        /_[^_]+-(\w+)\.ndjson\.gz$/,
        `_2026010${day}T000000Z-$1.ndjson.gz`,
      );
      writeFileSync(join(archive, stamped), gzipSync(some));
    };
    const runs = [tempDirectory(), tempDirectory()] as const;
    await compact(['--path', log, '--max-records', '30', '--archive', runs[0]]);
    await compact(['--path', log, '--max-records', '20', '--archive', runs[1]]);
    put(runs[0], 1);
    put(runs[1], 2, 5);
    put(runs[1], 3);
    writeFileSync(join(archive, 'papyra-archive_other.ndjson_a_b_20260101T000000Z-00.ndjson.gz'), 'x'); // prettier-ignore
    return { log, archive };
  }

  test.each([
    [[], (all: string[]) => all],
    [['--reverse'], (all: string[]) => all.reverse()],
    [['--limit', '25'], (all: string[]) => all.slice(-25)],
    [['--limit', '5'], (all: string[]) => all.slice(-5)],
    [['--limit', '25', '--reverse'], (all: string[]) => all.reverse().slice(0, 25)],
    [['--since', '1700000005', '--until', '1700000030'], (all: string[]) => all.slice(5, 30)],
  ])('lists archives and log as one, each record once: %j', async (flags, pick) => {
    const { log, archive } = await scene();
    const all = Array.from({ length: 40 }, (_, n) => event(n));
    const args = ['inspect', 'events', '--json', '--path', log, '--archive', archive, ...flags];
    const { stdout, code, stderr } = await papyra(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(asLog(...pick(all)));
  });

  test('names an archive that is damaged', async () => {
    const { log, archive } = await scene();
    const [name] = readdirSync(archive).filter((one) => one.startsWith('papyra-archive_events'));
    writeFileSync(join(archive, name!), readFileSync(join(archive, name!)).subarray(0, 40));
    const { code, stderr } = await papyra(['inspect', 'events', '--path', log, '--archive', archive]); // prettier-ignore
    expect(code).toBe(74);
    expect(stderr).toContain(`${name} is damaged`);
  });
});
