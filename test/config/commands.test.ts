import { execa } from 'execa';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConfigReport } from '../../src/index.js';
import { BARE, isRoot, PAPYRA, papyra, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { startRedis, stopServers } from '../support/redis.js';
import { tempDirectory } from '../support/temp.js';

if (!isRoot) console.log('NOT RUN: checks as other users, because only root may become one');

const config = (args: string[], options: Parameters<typeof papyra>[1] = {}) =>
  papyra(['config', ...args], options);

/** A directory with a configuration of this text in it. */
function directoryWith(text: string, name = 'papyra.config.yaml'): string {
  const directory = tempDirectory();
  writeFileSync(join(directory, name), text);
  return directory;
}

describe('config init', () => {
  test.each([
    [[], 'json', 'no retention limit is set'],
    [['--backend', 'rotating', '--max-files', '3', '--max-age', '36h'], 'rotating', ''],
    [['--backend', 'memory', '--max-records', '5'], 'memory', 'nothing to compact'],
    [['--max-total-bytes', '64KiB', '--path', 'ödd # "name".log'], 'json', 'is not there yet'],
  ])('%j prints one that passes its own check', async (args, backend, warning) => {
    const cwd = tempDirectory();
    const { code, stdout, stderr } = await config(['init', ...args], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    writeFileSync(join(cwd, 'made.yaml'), stdout);
    const check = await config(['check', '--config', join(cwd, 'made.yaml')]);
    expect(check).toMatchObject({ code: 0, stdout: expect.stringContaining(backend) as string });
    expect(check.stderr).toContain(warning);
    expect(readdirSync(cwd)).toEqual(['made.yaml']);
  });

  test('fills in what the flags say, and heeds no configuration, good or bad', async () => {
    const cwd = directoryWith('persistence: [');
    const env = { ...BARE, PAPYRA_CONFIG: '/none.yaml', PAPYRA_MAX_AGE: 'x' };
    const flags = ['--path', 'a.log', '--max-age', '5d', '--max-records', '9', '--max-total-bytes', '1500MB']; // prettier-ignore
    const { code, stdout } = await config(['init', '--json', ...flags], { cwd, env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      $schema: './papyra.schema.json',
      persistence: {
        backend: 'json',
        path: join(cwd, 'a.log'),
        retention: { max_age_seconds: '5d', max_records: 9, max_total_bytes: '1500MB' },
      },
      metrics: { enabled: true },
    });
  });

  test('FILE is new, for its owner alone, and YAML or JSON by its name', async () => {
    const cwd = tempDirectory();
    const written = await config(['init', 'papyra.config.yaml'], { cwd });
    expect(written).toEqual({ code: 0, stdout: `Wrote ${cwd}/papyra.config.yaml\n`, stderr: '' });
    expect(statSync(join(cwd, 'papyra.config.yaml')).mode & 0o777).toBe(0o600);
    expect((await config(['check'], { cwd })).code).toBe(0);
    expect((await config(['init', 'papyra.config.json'], { cwd })).code).toBe(0);
    JSON.parse(readFileSync(join(cwd, 'papyra.config.json'), 'utf8'));
    const wrong = await config(['init', 'papyra.config.toml'], { cwd });
    expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('YAML or JSON')]);
  });

  test('FILE is never overwritten, nor written through a link: 64', async () => {
    const cwd = directoryWith('mine');
    symlinkSync(join(cwd, 'elsewhere.yaml'), join(cwd, 'link.yaml'));
    for (const name of ['papyra.config.yaml', 'link.yaml']) {
      const { code, stdout, stderr } = await config(['init', name], { cwd });
      expect([code, stdout]).toEqual([64, '']);
      expect(stderr).toContain(`${name} is there already`);
    }
    expect(readFileSync(join(cwd, 'papyra.config.yaml'), 'utf8')).toBe('mine');
    expect(readdirSync(cwd)).not.toContain('elsewhere.yaml');
    expect((await config(['init', '/none/x.yaml'])).code).toBe(66);
  });

  test('a narrow terminal does not break its lines', async () => {
    const { stdout } = await execa('script', ['-qec', `stty cols 40; exec ${process.execPath} ${PAPYRA} config init`, '/dev/null'], { env: BARE, extendEnv: false }); // prettier-ignore
    const plain = await config(['init']);
    expect(stdout.replaceAll('\r', '')).toBe(plain.stdout.trimEnd());
  });

  test('a backend that there is none for, or that has no log: 64', async () => {
    expect((await config(['init', '--backend', 'jason'])).code).toBe(64);
    expect((await config(['init', '--backend', 'memory', '--path', 'x'])).code).toBe(64);
  });
});

describe('config show', () => {
  const FILE = `persistence:
  backend: rotating
  path: logs/events.ndjson
  max_bytes: 1MB
  retention: { max_age_seconds: 7d, max_records: 100 }
hooks: { on_error: [curl, -H, "Authorization: hunter2"] }
`;

  /** As \`key: [value, from, name]\`. */
  const sources = ({ values }: ConfigReport) =>
    Object.fromEntries(values.map(({ key, value, from, name }) => [key, [value, from, name]]));

  test('says of each value where it came from', async () => {
    const cwd = directoryWith(FILE);
    const file = join(cwd, 'papyra.config.yaml');
    const env = { ...BARE, PAPYRA_MAX_RECORDS: '50', PAPYRA_MAX_TOTAL_BYTES: '1GB' };
    const { code, stdout } = await config(['show', '--json', '--max-records', '9'], { cwd, env });
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as ConfigReport;
    expect(report).toMatchObject({ schema: 'papyra.config/v1', file, unused: [] });
    expect(sources(report)).toEqual({
      'persistence.backend': ['rotating', 'file', file],
      'persistence.path': [join(cwd, 'logs/events.ndjson'), 'file', file],
      'persistence.max_bytes': [1_000_000, 'file', file],
      'persistence.max_files': [5, 'default', null],
      'persistence.retention.max_age_seconds': [604_800, 'file', file],
      'persistence.retention.max_records': [9, 'flag', '--max-records'],
      'persistence.retention.max_total_bytes': [1e9, 'environment', 'PAPYRA_MAX_TOTAL_BYTES'],
      'metrics.enabled': [true, 'default', null],
      'hooks.on_error': [['curl', '…', '…'], 'file', file],
    });
    expect(readdirSync(cwd)).toEqual(['papyra.config.yaml']);
  });

  test('says what is not in force, and why', async () => {
    const cwd = directoryWith(FILE);
    const { stdout } = await config(['show', '--json', '--path', 'x.log'], { cwd });
    const report = JSON.parse(stdout) as ConfigReport;
    expect(sources(report)).toEqual({
      'persistence.backend': ['json', 'default', null],
      'persistence.path': [join(cwd, 'x.log'), 'flag', '--path'],
      'persistence.retention.max_age_seconds': [null, 'default', null],
      'persistence.retention.max_records': [null, 'default', null],
      'persistence.retention.max_total_bytes': [null, 'default', null],
      'metrics.enabled': [true, 'default', null],
    });
    expect(report.unused.map(({ key }) => key)).toEqual([
      'persistence.backend',
      'persistence.path',
      'persistence.max_bytes',
      'persistence.retention.max_age_seconds',
      'persistence.retention.max_records',
      'hooks.on_error',
    ]);
  });

  test('for a person: a line each, nothing that steers a terminal, no secret', async () => {
    const cwd = directoryWith(
      'persistence: { backend: ./m.mjs, url: "redis://user:hunter2@host/0", path: "a\\e[31mb" }\nhooks: { on_error: [curl, hunter2] }', // prettier-ignore
    );
    const { code, stdout, stderr } = await config(['show', '--verbose'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ {2}persistence\.url +redis:\/\/…@host\/0 +file$/m);
    expect(stdout).toMatch(/^ {2}persistence\.retention\.max_records +no limit +default$/m);
    expect(stdout).toContain('a\\x1b[31mb');
    expect(stdout).not.toContain('hunter2');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('config check', () => {
  const good = { persistence: { backend: 'json', path: 'events.ndjson', retention: { max_records: 5 } } }; // prettier-ignore

  function scene(change: object = {}) {
    const directory = directoryWith(JSON.stringify({ ...good, ...change }), 'papyra.config.json');
    writeFileSync(join(directory, 'events.ndjson'), '{"timestamp": 1.5}\n');
    return directory;
  }

  test('is silent about a healthy store but for a short ok, and changes nothing', async () => {
    const cwd = scene({ hooks: { before_compact: ['true'] } });
    const { code, stdout, stderr } = await config(['check'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/papyra\.config\.json: ok\n/);
    const { stdout: json } = await config(['check', '--json'], { cwd });
    expect(JSON.parse(json)).toEqual({
      schema: 'papyra.check/v1',
      file: join(cwd, 'papyra.config.json'),
      backend: 'json',
      target: join(cwd, 'events.ndjson'),
      policy: { max_age_seconds: null, max_records: 5, max_total_bytes: null },
      warnings: [],
    });
    expect(readdirSync(cwd).sort()).toEqual(['events.ndjson', 'papyra.config.json']);
  });

  test('names everything that is wrong with the file', async () => {
    const cwd = directoryWith('persistence: { backend: jsom, path: 5, retension: {} }\nhook: {}');
    const { code, stdout, stderr } = await config(['check'], { cwd });
    expect([code, stdout]).toEqual([78, '']);
    const problems = [...stderr.matchAll(/^papyra: error: .*config\.yaml: (\S+): /gm)];
    expect(problems.map(([, key]) => key).sort()).toEqual(['hook', 'persistence.backend', 'persistence.path', 'persistence.retension']); // prettier-ignore
    expect(stderr).toContain('did you mean retention?');
  });

  const store = (change: object) => ({ persistence: { ...good.persistence, ...change } });
  test.each([
    ['the directory of the log is not there', store({ path: 'none/x.log' }), 66, /none/],
    ['the log is a directory', store({ path: '.' }), 66, /directory/],
    ['the archive is not there', store({ archive: { dir: 'none' } }), 74, /archive .*none/],
    ['a hook is not there', { hooks: { on_error: ['./none.sh'] } }, 78, /on_error hook \.\/none\.sh/],
    ['a set has too many files', store({ backend: 'rotating', max_files: 2 }), 78, /events\.ndjson\.7/],
    ['a module is none', store({ backend: './events.ndjson.7' }), 78, /backend module/],
  ])('%s', async (_what, change, exitCode, message) => {
    const cwd = scene(change);
    writeFileSync(join(cwd, 'events.ndjson.7'), '');
    const { code, stdout, stderr } = await config(['check'], { cwd });
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toMatch(message);
  }); // prettier-ignore

  test('Redis is asked about its streams, and nothing is written to it', async () => {
    const server = await startRedis();
    try {
      const url = `redis://127.0.0.1:${server.port}/0`;
      const cwd = scene({ persistence: { backend: 'redis', url, retention: { max_records: 5 } } });
      const empty = await config(['check'], { cwd });
      expect([empty.code, empty.stderr]).toEqual([0, expect.stringContaining('no entries in')]);
      await server.client.set('papyra:local:audits', 'no stream');
      const wrong = await config(['check'], { cwd });
      expect([wrong.code, wrong.stderr]).toEqual([
        78,
        expect.stringContaining('persistence.prefix'),
      ]);
      await server.client.del('papyra:local:audits');
      await server.client.xadd('papyra:local:events', '*', 'data', '{"timestamp": 1.5}');
      const good = await config(['check'], { cwd });
      expect([good.code, good.stderr]).toEqual([0, '']);
      expect(await server.client.keys('*')).toEqual(['papyra:local:events']);
      await server.stop();
      expect((await config(['check'], { cwd })).code).toBe(69);
    } finally {
      await stopServers();
    }
  });

  test('a log that is not there yet, a textfile without a place, and no limit are worth a word', async () => {
    const cwd = scene({
      ...store({ path: 'later.ndjson', retention: {} }),
      metrics: { textfile: 'none/papyra.prom' },
    });
    const { code, stderr } = await config(['check'], { cwd });
    expect(code).toBe(0);
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      expect.stringContaining('later.ndjson is not there yet'),
      expect.stringContaining(`the metrics textfile cannot be written: cannot write to the directory ${cwd}/none`), // prettier-ignore
      expect.stringContaining('no retention limit'),
    ]);
  });

  test.each([
    [{ textfile: 'papyra.txt' }, 'node_exporter reads only files that end in .prom'],
    [{ enabled: false, textfile: 'papyra.prom' }, 'metrics are disabled'],
  ])('a textfile that nobody would find fresh, %j, is worth a word', async (metrics, why) => {
    const cwd = scene({ ...store({}), metrics });
    const { code, stderr } = await config(['check'], { cwd });
    expect([code, stderr]).toEqual([0, expect.stringMatching(`^papyra: warning: ${why}: ?[^\n]*\n$`)]); // prettier-ignore
    expect(stderr).toContain(join(cwd, metrics.textfile));
  });

  test.runIf(isRoot)('what another user may not do is said to that user: 77', async () => {
    const bin = publicInstall();
    const cwd = scene();
    const user = { bin, cwd, uid: PLAIN_USER, gid: PLAIN_USER };
    chmodSync(cwd, 0o755);
    expect((await config(['check'], user)).code).toBe(77);
    chownSync(join(cwd, 'events.ndjson'), PLAIN_USER, PLAIN_USER);
    const closed = await config(['check'], user);
    expect([closed.code, closed.stderr]).toEqual([77, expect.stringContaining(`write to the directory ${cwd}`)]); // prettier-ignore
    chmodSync(cwd, 0o777);
    expect((await config(['check'], user)).code).toBe(0);
    mkdirSync(join(cwd, 'archive'), 0o700);
    writeFileSync(join(cwd, 'papyra.config.json'), JSON.stringify(store({ archive: { dir: 'archive' } }))); // prettier-ignore
    expect((await config(['check'], user)).code).toBe(77);
  });
});
