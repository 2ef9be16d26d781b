import { execaSync } from 'execa';
import {
  appendFileSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeConfig } from '../support/config.js';
import { compact, isRoot, papyra, PAPYRA, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { parsed, valuesOf } from './parse.js';

/** A configured store of ten records in `data/`, of which half expire, with a textfile in `prom/`. */
function scene(
  metrics: object = { textfile: '../prom/papyra.prom' },
  path = '../data/events.ndjson',
) {
  const directory = tempDirectory();
  for (const name of ['etc', 'data', 'prom']) mkdirSync(join(directory, name));
  const log = join(directory, 'data/events.ndjson');
  writeFileSync(log, '{"timestamp": 1}\n'.repeat(10));
  const persistence = { backend: 'json', path, retention: { max_records: 5 } };
  const config = writeConfig(join(directory, 'etc/papyra.config.json'), { persistence, metrics });
  return { log, config, textfile: join(directory, 'prom/papyra.prom') };
}

const read = (path: string) => valuesOf(parsed([readFileSync(path, 'utf8')])[0]!.openmetrics);

describe('metrics.textfile', () => {
  test('is written after a run, beside nothing else, readable by all, relative to the configuration', async () => {
    const { config, textfile } = scene();
    expect(await compact(['--config', config])).toMatchObject({ code: 0, stderr: '' });
    const text = readFileSync(textfile, 'utf8');
    const asked = await papyra(['metrics', 'persistence', '--config', config, '--prometheus']);
    expect(text).toBe(asked.stdout);
    expect(read(textfile)).toMatchObject({ papyra_records_dropped_total: 5 });
    expect(statSync(textfile).mode & 0o7777).toBe(0o644);
    expect(readdirSync(dirname(textfile))).toEqual(['papyra.prom']);
  });

  test('a run that fails writes it, too: while another one works (75)', async () => {
    const { log, config, textfile } = scene();
    await compact(['--config', config]);
    const before = read(textfile);
    writeFileSync(`${log}.compact.tmp`, '');
    expect((await compact(['--config', config])).code).toBe(75);
    const after = read(textfile);
    expect(after).toMatchObject({
      papyra_compactions_run_total: 1,
      papyra_compaction_errors_total: 1,
      'papyra_last_compaction_status:failed': 1,
      papyra_last_success_timestamp_seconds: before['papyra_last_success_timestamp_seconds'],
    });
    const last = 'papyra_last_compaction_timestamp_seconds';
    expect(after[last]).toBeGreaterThan(before[last]!);
  });

  test('a store that is not there (66): what was known stays, but for its size', async () => {
    const { log, config, textfile } = scene();
    await compact(['--config', config]);
    const { papyra_disk_usage_bytes: size, ...before } = read(textfile);
    expect(size).toBeGreaterThan(0);
    renameSync(dirname(log), `${dirname(log)}.away`);
    expect((await compact(['--config', config])).code).toBe(66);
    const after = read(textfile);
    expect(after).not.toHaveProperty('papyra_disk_usage_bytes');
    for (const name of Object.keys(before).filter((name) => !name.includes('last_compaction'))) {
      expect([name, after[name]]).toEqual([name, before[name]]);
    }
    expect(after).toMatchObject({
      papyra_compactions_run_total: 1,
      'papyra_last_compaction_status:failed': 1,
      'papyra_last_compaction_status:compacted': 0,
    });
  });

  test.runIf(isRoot)('a store that may not be read (77)', async () => {
    const { config, textfile } = scene();
    for (const path of [dirname(dirname(config)), dirname(config), config, dirname(textfile)]) {
      chownSync(path, PLAIN_USER, PLAIN_USER);
    }
    const as = { bin: publicInstall(), uid: PLAIN_USER, gid: PLAIN_USER };
    expect((await compact(['--config', config], as)).code).toBe(77);
    expect(read(textfile)).toMatchObject({ 'papyra_last_compaction_status:failed': 1 });
  });

  test('a backend without counters still tells when it ran', async () => {
    const { config, textfile } = scene();
    const metrics = { textfile };
    writeConfig(config, { persistence: { backend: 'memory' }, metrics });
    await compact(['--config', config]);
    const values = read(textfile);
    expect(values).not.toHaveProperty('papyra_compactions_run_total');
    expect(values['papyra_last_success_timestamp_seconds']).toBeGreaterThan(1.7e9);
    expect(values).toMatchObject({ 'papyra_last_compaction_status:no_op': 1 });
  });

  test('not after a dry run, not with --path, not with metrics disabled', async () => {
    const { log, config, textfile } = scene();
    await compact(['--config', config, '--dry-run']);
    await compact(['--config', config, '--path', log, '--max-records', '9']);
    const off = scene({ enabled: false, textfile: '../prom/papyra.prom' });
    await compact(['--config', off.config]);
    expect([textfile, off.textfile].filter((path) => existsSync(path))).toEqual([]);
  });

  test('where it cannot be written: a warning, the compaction is done', async () => {
    const { config, textfile } = scene();
    rmSync(dirname(textfile), { recursive: true });
    const { code, stderr, report } = await compact(['--config', config]);
    expect({ code, status: report.status }).toEqual({ code: 0, status: 'compacted' });
    expect(stderr).toContain(
      `the metrics textfile was not written: cannot write ${textfile}: no such`,
    );
    expect(report.warnings).toHaveLength(1);
  });

  test('a file that is something else is left alone, with a warning', async () => {
    const { config, textfile } = scene();
    await compact(['--config', config]);
    appendFileSync(textfile, '{"timestamp": 1}\n');
    const before = readFileSync(textfile, 'utf8');
    const { code, stderr } = await compact(['--config', config]);
    expect(code).toBe(0);
    expect(stderr).toContain(`${textfile} is something else`);
    expect(readFileSync(textfile, 'utf8')).toBe(before);
    const other = scene();
    execaSync('mkfifo', [other.textfile]);
    const run = await compact(['--config', other.config]);
    expect(run.stderr).toContain(`${other.textfile} is something else`);
    expect(lstatSync(other.textfile).isFIFO()).toBe(true);
  });

  const LOG = 'data/events.ndjson';
  test.each<[what: string, name: string, why: string, persistence?: object]>([
    ['the log, which is not there yet', LOG, 'the log itself'],
    ['the log, by another way', 'etc/../link/events.ndjson', 'the log itself'],
    [
      'what the log is a link to',
      'data/target.ndjson',
      'the log itself',
      { path: '../link/a-link' },
    ],
    ['a link to the log', 'data/a-link', 'the log itself', { path: '../data/target.ndjson' }],
    ['a file of the set', `${LOG}.3`, 'a file of the rotating set', { backend: 'rotating' }],
    ['the active file', LOG, 'the log itself', { backend: 'rotating' }],
    ['the lock', 'data/.events.ndjson.papyra.lock', 'where papyra keeps files of its own'],
    ['a file in the folder', 'data/.papyra/x.prom', 'where papyra keeps files of its own'],
    ['the archive', 'archive', 'the directory of the archives', { archive: { dir: '../archive' } }],
    ['the configuration', 'etc/papyra.config.json', 'the configuration itself'],
    [
      'a password file',
      'etc/secret',
      'a file with a password',
      { backend: 'redis', url: 'redis://127.0.0.1:1', password_file: 'secret' },
    ],
  ])('that is %s is refused (78), nothing is made', async (_what, name, why, persistence = {}) => {
    const { log, config } = scene();
    const directory = dirname(dirname(config));
    const textfile = join(directory, name);
    rmSync(log);
    symlinkSync('data', join(directory, 'link'));
    symlinkSync('target.ndjson', join(directory, 'data/a-link'));
    const base = { backend: 'json', path: '../data/events.ndjson', retention: { max_records: 5 } };
    writeConfig(config, { persistence: { ...base, ...persistence }, metrics: { textfile } });
    const before = readdirSync(directory, { recursive: true });
    for (const command of [['persistence', 'compact'], ['config', 'check'], ['doctor']]) {
      const run = await papyra([...command, '--config', config]);
      expect(run).toMatchObject({ code: 78, stdout: '' });
      expect(run.stderr).toContain(`${config}: metrics.textfile: ${textfile} is ${why}`);
      expect(run.stderr).toContain('name a file that is for the metrics alone');
    }
    expect(readdirSync(directory, { recursive: true })).toEqual(before);
  });

  test('beside the log, under a name of its own, it is well', async () => {
    const { log, config } = scene({ textfile: '../data/events.prom' });
    expect(await compact(['--config', config])).toMatchObject({ code: 0, stderr: '' });
    expect(read(join(dirname(log), 'events.prom'))).toMatchObject({ papyra_records_dropped_total: 5 }); // prettier-ignore
  });

  test('a link in its place is replaced, not followed', async () => {
    const { config, textfile } = scene();
    const victim = join(dirname(config), 'victim');
    writeFileSync(victim, '');
    symlinkSync(victim, textfile);
    await compact(['--config', config]);
    expect(lstatSync(textfile).isFile()).toBe(true);
    expect(readFileSync(victim, 'utf8')).toBe('');
  });

  test('two runs of one process number, in two containers, do not meet: each file is its own', async () => {
    const { config, textfile } = scene();
    const theirs = join(dirname(textfile), '.papyra.prom.papyra.');
    const script = 'echo half > "$0$$"; exec "$@" > /dev/null';
    const run = [process.execPath, PAPYRA, 'persistence', 'compact', '--config', config];
    expect(execaSync('sh', ['-c', script, theirs, ...run])).toMatchObject({ exitCode: 0, stderr: '' }); // prettier-ignore
    const names = readdirSync(dirname(textfile)).sort();
    expect(names).toEqual([expect.stringMatching(/^\.papyra\.prom\.papyra\.\d+$/), 'papyra.prom']);
    expect(readFileSync(join(dirname(textfile), names[0]!), 'utf8')).toBe('half\n');
    expect(read(textfile)).toMatchObject({ papyra_compactions_run_total: 1 });
  });

  test('what a killed run left is removed by the next one, what is fresh or of others is not', async () => {
    const { config, textfile } = scene();
    const old = new Date(Date.now() - 61_000);
    const names = ['.papyra.prom.papyra.4711', '.papyra.prom.papyra.0a1b2c3d4e5f', '.papyra.prom.papyra.mine', '.other.prom.papyra.17']; // prettier-ignore
    for (const name of names) {
      writeFileSync(join(dirname(textfile), name), 'half');
      utimesSync(join(dirname(textfile), name), old, old);
    }
    writeFileSync(join(dirname(textfile), '.papyra.prom.papyra.17'), 'half');
    expect(await compact(['--config', config])).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(dirname(textfile)).sort()).toEqual([
      '.other.prom.papyra.17',
      '.papyra.prom.papyra.17',
      '.papyra.prom.papyra.mine',
      'papyra.prom',
    ]);
  });
});
