import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { FIRST_STEPS } from '../../src/output/first-steps.js';
import { BARE, isRoot, PAPYRA, papyra } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';

const RECORD = '{"kind": "event", "timestamp": 1790000000.5}\n';

/** A directory below which there is no configuration, also none above it. */
function project(): string {
  const directory = join(tempDirectory(), 'project');
  mkdirSync(directory);
  return directory;
}

describe('papyra without a word', () => {
  test('says in ten lines of 80 columns what to do, where there is no configuration', async () => {
    const run = await papyra([], { cwd: project() });
    expect(run).toEqual({ code: 64, stdout: '', stderr: FIRST_STEPS });
    const lines = FIRST_STEPS.trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const line of lines.filter((one) => one.startsWith('  '))) {
      const words = line.trim().split(/ {2,}/)[0]!.split(' ').slice(1);
      const command = words.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'));
      expect((await papyra(['help', ...command])).code, line).toBe(0);
    }
  });

  test.each([
    ['papyra.config.mjs', 'throw new Error("executed")'],
    ['.papyrarc', 'persistence: [['],
    ['package.json', '{"papyra": {}}'],
    ['pyproject.toml', '[tool.papyra.persistence]\n'],
  ])('shows the help where there is %s, and does not load it', async (name, content) => {
    const directory = project();
    writeFileSync(join(directory, name), content);
    const run = await papyra([], { cwd: directory });
    expect([run.code, run.stderr]).toEqual([64, expect.stringMatching(/^Usage: papyra/)]);
  });

  test('shows first steps beside a package.json of others, the help where a variable names a log', async () => {
    const directory = project();
    writeFileSync(join(directory, 'package.json'), '{"name": "shop"}');
    expect((await papyra([], { cwd: directory })).stderr).toBe(FIRST_STEPS);
    const env = { ...BARE, PAPYRA_PATH: '/x' };
    expect((await papyra([], { cwd: directory, env })).stderr).toMatch(/^Usage/);
  });
});

describe('config init names as comments', () => {
  const init = async (cwd: string, ...args: string[]) =>
    papyra(['config', 'init', ...args], { cwd });
  const found = (text: string) => [...text.matchAll(/^# {3}(".*") \((.*)\)$/gm)].map(([, path, what]) => [JSON.parse(path!) as string, what!.split(';')[0]]); // prettier-ignore

  test('logs and sets below the working directory, and nothing that is none', async () => {
    const directory = project();
    const deep = join(directory, 'a/b/.papyra');
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'events.ndjson'), RECORD);
    for (const name of ['set.log', 'set.log.1', 'set.log.3']) writeFileSync(join(directory, name), RECORD); // prettier-ignore
    const others = { 'package.json': '{"kind": "event",\n"timestamp": 1}', 'access.log': 'GET /\n', 'other.ndjson': '{"time": 1}\n', 'empty.log': '', 'core.log': '\0\0\0' }; // prettier-ignore
    for (const [name, content] of Object.entries(others)) writeFileSync(join(directory, name), content); // prettier-ignore
    mkdirSync(join(directory, 'node_modules'));
    writeFileSync(join(directory, 'node_modules/x.ndjson'), RECORD);
    const outside = join(tempDirectory(), 'outside.ndjson');
    writeFileSync(outside, RECORD);
    symlinkSync(outside, join(directory, 'link.ndjson'));
    symlinkSync(join(outside, '..'), join(directory, 'links'));
    symlinkSync('.', join(directory, 'loop'));
    const run = await init(directory);
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(found(run.stdout)).toEqual([
      [join(directory, 'set.log'), 'rotating, max_files: at least 4'],
      [join(deep, 'events.ndjson'), 'json'],
    ]);
    expect(parse(run.stdout)).toMatchObject({ persistence: { path: 'events.ndjson' } });
    expect(found((await init(directory, '--path', 'x')).stdout)).toEqual([]);
    expect((await init(directory, '--json')).stdout).not.toContain('set.log');
  });

  test('not those too deep, and at most ten; a hostile name stays in its comment', async () => {
    const directory = project();
    mkdirSync(join(directory, '1/2/3/4/5'), { recursive: true });
    writeFileSync(join(directory, '1/2/3/4/5/deep.ndjson'), RECORD);
    writeFileSync(join(directory, 'a\npersistence: evil\u001b[1m.ndjson'), RECORD);
    const run = await init(directory);
    expect(found(run.stdout)).toHaveLength(1);
    expect(Object.keys(parse(run.stdout) as object)).toEqual(['persistence', 'metrics']);
    expect(run.stdout).not.toContain('\u001b');
    expect(run.stdout).toContain('There may be more');
    for (let at = 0; at < 15; at += 1) writeFileSync(join(directory, `${at}.log`), RECORD);
    expect(found((await init(directory)).stdout)).toHaveLength(10);
  });

  test.runIf(isRoot)('as root, none that somebody may have linked there', async () => {
    const directory = project();
    writeFileSync(join(directory, '..', 'of-another.ndjson'), RECORD);
    linkSync(join(directory, '..', 'of-another.ndjson'), join(directory, 'x.ndjson'));
    expect(found((await init(directory)).stdout)).toEqual([]);
  });

  test('after a bounded search of 30 000 entries', async () => {
    const directory = project();
    for (let at = 0; at < 30_000; at += 1) writeFileSync(join(directory, `${at}.log`), '');
    const run = await init(directory);
    expect([run.code, found(run.stdout)]).toEqual([0, []]);
  });
});

describe('two commands named papyra on the PATH', () => {
  /** A directory with a command of that name. */
  function bin(content: string | null): string {
    const directory = tempDirectory();
    const file = join(directory, 'papyra');
    if (content === null) symlinkSync(PAPYRA, file);
    else writeFileSync(file, content, { mode: 0o755 });
    return directory;
  }
  const command = async (...path: string[]) => {
    const log = join(tempDirectory(), 'events.ndjson');
    writeFileSync(log, RECORD);
    const env = { ...BARE, PATH: [...path, '/usr/bin', '/bin'].join(':') };
    const run = await papyra(['doctor', '--json', '--path', log, '--max-records', '5'], { env });
    const { checks } = JSON.parse(run.stdout) as { checks: { name: string; status: string; reason: string }[] }; // prettier-ignore
    return checks.find(({ name }) => name === 'command');
  };
  const RUNTIME = '#!/srv/app/venv/bin/python3\nimport papyra\n';

  test('doctor warns when the runtime’s comes first', async () => {
    const [theirs, ours] = [bin(RUNTIME), bin(null)];
    expect(await command(theirs, ours)).toMatchObject({ status: 'warn', reason: expect.stringMatching(/the runtime's own command; for this one type papyra-ops or .*papyra$/) as string }); // prettier-ignore
    expect(await command(ours, theirs)).toMatchObject({ status: 'pass', reason: expect.stringContaining('comes later') as string }); // prettier-ignore
    expect(await command(bin('#!/bin/sh\n'))).toMatchObject({ status: 'warn', reason: expect.stringContaining('another program') as string }); // prettier-ignore
  });

  test('doctor says nothing when there is one, however it is reached', async () => {
    expect(await command(bin(null), bin(null))).toBeUndefined();
    expect(await command()).toBeUndefined();
  });

  test('called as papyra-ops, doctor suggests commands of that name', async () => {
    const directory = tempDirectory();
    symlinkSync(PAPYRA, join(directory, 'papyra-ops'));
    const run = await papyra(['doctor', '--path', join(directory, 'none', '..', 'x')], { bin: join(directory, 'papyra-ops') }); // prettier-ignore
    expect(run.code).toBe(66);
    writeFileSync(join(directory, 'x'), RECORD);
    const found = await papyra(['doctor', '--path', join(directory, 'x')], { bin: join(directory, 'papyra-ops') }); // prettier-ignore
    expect(found.stdout).toMatch(/\$ papyra-ops /);
    expect(found.stdout).not.toMatch(/\$ papyra /);
  });

  test('where the runtime’s comes first, doctor suggests commands of that name, however it was called', async () => {
    const env = { ...BARE, PATH: `${bin(RUNTIME)}:/usr/bin:/bin` };
    const log = join(tempDirectory(), 'x');
    writeFileSync(log, RECORD);
    const run = await papyra(['doctor', '--path', log], { env });
    expect(run.stdout).toMatch(/\$ papyra-ops /);
    expect(run.stdout).not.toMatch(/\$ papyra /);
  });

  test('the package brings both names', () => {
    const text = readFileSync(join(PAPYRA, '../../package.json'), 'utf8');
    expect((JSON.parse(text) as { bin: object }).bin).toEqual({ papyra: 'bin/papyra.js', 'papyra-ops': 'bin/papyra.js' }); // prettier-ignore
    expect(readdirSync(join(PAPYRA, '..'))).toContain('papyra.js');
  });
});
