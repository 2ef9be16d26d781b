import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeConfig } from '../support/config.js';
import { BARE, papyra } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';

const RECORD = '{"timestamp": 1790000000.0}\n';

/** [what, file name, content, exit code, what the message must name] */
const CONFIGS: [string, string, string, number, RegExp][] = [
  ['an unknown key', 'papyra.yaml', 'persistence: {backend: json, path: x, retension: {}}', 78, /persistence\.retension: unknown key[^]*did you mean retention\?/],
  ['an unknown key deep inside', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_record: 5}}', 78, /persistence\.retention\.max_record: [^]*did you mean max_records\?/],
  ['an unknown section', 'papyra.yaml', 'persistance: {}', 78, /persistance: unknown key[^]*did you mean persistence\?/],
  ['a text for a count', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_records: many}}', 78, /persistence\.retention\.max_records: found "many", allowed: a whole number above zero/],
  ['zero records', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_records: 0}}', 78, /max_records: found 0/],
  ['a negative age', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_age_seconds: -5}}', 78, /max_age_seconds: found -5/],
  ['half a record', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_records: 1.5}}', 78, /max_records: found 1\.5/],
  ['an age that is not a number', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_age_seconds: .nan}}', 78, /max_age_seconds/],
  ['an age without a unit, as a text', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_age_seconds: "7"}}', 78, /max_age_seconds: found "7", allowed: seconds above zero, or a duration such as 12h or 7d/],
  ['a size in no known unit', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_total_bytes: 5 bananas}}', 78, /max_total_bytes: found "5 bananas", allowed: bytes above zero/],
  ['retention as a list', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: [1]}', 78, /persistence\.retention: found \[1\]/],
  ['a backend that is none', 'papyra.yaml', 'persistence: {backend: jsom, path: x}', 78, /persistence\.backend: found "jsom"[^]*did you mean json\?/],
  ['a home', 'papyra.yaml', 'persistence: {backend: json, path: ~/log/x}', 78, /persistence\.path: found "~\/log\/x": ~ is not expanded here[^]*write \/.*\/log\/x; or \.\/~\/log\/x/],
  ['the home of a user', 'papyra.yaml', 'persistence: {backend: json, path: x, archive: {dir: ~anna/backup}}', 78, /archive\.dir: found "~anna\/backup"[^]*\/home\/anna\/backup/],
  ['a variable in a path', 'papyra.yaml', 'persistence: {backend: json, path: "$HOME/x"}', 78, /persistence\.path: found "\$HOME\/x": variables are not expanded here[^]*here \/nonexistent\/x/],
  ['a variable in braces', 'papyra.yaml', 'metrics: {textfile: "/var/${NONE}/x.prom"}', 78, /metrics\.textfile: found[^]*write the path itself\n/],
  ['a home of a password', 'papyra.yaml', 'persistence: {backend: redis, url: "redis://a", password_file: ~/p, tls: {ca: "$CA"}}', 78, /password_file: found "~\/p"/],
  ['a home of a hook', 'papyra.yaml', 'hooks: {before_compact: [~/check.sh, "$HOME"]}', 78, /hooks\.before_compact: found "~\/check\.sh"/],
  ['a home of a backend', 'papyra.yaml', 'persistence: {backend: ~/b.mjs}', 78, /persistence\.backend: found "~\/b\.mjs": ~ is not expanded/],
  ['the runtime’s word for retention', 'papyra.yaml', 'persistence: {backend: json, path: x, retention_policy: {max_records: 5}}', 78, /retention_policy: unknown key[^]*write retention\n/],
  ['a setting of the runtime alone', 'papyra.yaml', 'persistence: {backend: rotating, path: x, fsync: true}', 78, /fsync: unknown key[^]*for the runtime alone: remove/],
  ['a class of the runtime', 'papyra.yaml', 'persistence: {backend: papyra.persistence.json.JsonFilePersistence, path: x}', 78, /write backend: json\n/],
  ['a limit in the wrong section', 'papyra.yaml', 'persistence: {backend: json, path: x, max_records: 5}', 78, /max_records: unknown key[^]*write max_records under persistence\.retention/],
  ['a key without its section', 'papyra.yaml', 'backend: json\npath: x', 78, /backend: unknown key[^]*write backend under persistence\n/],
  ['a section outside of its section', 'papyra.yaml', 'persistence: {backend: json, path: x}\nretention: {max_records: 5}', 78, /retention: unknown key[^]*write retention under persistence\n/],
  ['tabs', 'papyra.yaml', 'persistence:\n\tbackend: json', 78, /line 2: tab[^]*expand -t 2/],
  ['no backend', 'papyra.yaml', 'persistence: {path: x}', 78, /persistence\.backend is missing/],
  ['no path', 'papyra.yaml', 'persistence: {backend: json}', 78, /persistence\.path is missing/],
  ['an empty path', 'papyra.yaml', 'persistence: {backend: json, path: ""}', 78, /persistence\.path: found ""/],
  ['metrics.enabled as a word', 'papyra.yaml', 'metrics: {enabled: "yes"}', 78, /metrics\.enabled: found "yes", allowed: true or false/],
  ['a hook that is no list', 'papyra.yaml', 'hooks: {before_compact: echo}', 78, /hooks\.before_compact: found a text, allowed: a list/],
  ['a configuration that is a list', 'papyra.json', '[1, 2]', 78, /found \[1,2\]/],
  ['a configuration that is a number', 'papyra.json', '7', 78, /found 7/],
  ['JSON that ends too early', 'papyra.json', '{"persistence":\n ', 78, /cannot read configuration .*papyra\.json: line 1: Unexpected end of JSON input\n/],
  ['JSON with a stray word', 'papyra.json', '{\n"persistence": {\n"path": hunter2}}', 78, /papyra\.json: line 3: Unexpected token 'h'\n/],
  ['JSON with a comma too many', 'papyra.json', '{"persistence": {},\n}', 78, /papyra\.json: line 2: Expected double-quoted property name\n/],
  ['YAML that ends too early', 'papyra.yaml', 'persistence: {backend: json', 78, /cannot read configuration .*papyra\.yaml: line 1: unexpected end of the stream/],
  ['YAML badly indented', 'papyra.yaml', 'persistence:\n  backend: json\n path: hunter2', 78, /papyra\.yaml: line 3: bad indentation of a mapping entry\n/],
  ['broken TOML', 'papyra.toml', '[persistence]\nurl = hunter2', 78, /cannot read configuration .*papyra\.toml: line 2: invalid value\n/],
  ['an age of 10,001 years', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_age_seconds: 315607557600}}', 78, /max_age_seconds: found 315607557600, allowed: seconds above zero/],
  ['half a byte', 'papyra.yaml', 'persistence: {backend: json, path: x, retention: {max_total_bytes: 0.5}}', 78, /max_total_bytes: found 0\.5, allowed: bytes above zero/],
  ['a NUL character in the path', 'papyra.json', '{"persistence": {"backend": "json", "path": "a\\u0000b"}}', 78, /persistence\.path: found "a\\u0000b", allowed: a text without a NUL character/],
  ['a NUL character in the path of a module', 'papyra.json', '{"persistence": {"backend": "./a\\u0000b"}}', 78, /persistence\.backend: found "\.\/a\\u0000b", allowed: a text without a NUL character/],
  ['a port that is none', 'papyra.yaml', 'persistence: {backend: redis, cluster: [{host: a, port: 70000}]}', 78, /persistence\.cluster\.0\.port: found a number, allowed: a port number, 1 to 65535/],
  ['an empty file', 'papyra.yaml', '', 78, /has nothing for papyra/],
  ['code that throws', 'papyra.mjs', 'throw new Error("no such luck")', 78, /papyra\.mjs: no such luck/],
  ['code that does not parse', 'papyra.mjs', 'export default {', 78, /papyra\.mjs/],
  ['code that exports nothing', 'papyra.mjs', 'export const x = 1', 78, /papyra\.mjs/],
  ['an ending that nobody knows', 'papyra.conf', 'x', 78, /papyra\.conf/],
  ['a backend module that is not there', 'papyra.yaml', 'persistence: {backend: ./none.mjs}', 78, /no backend module at .*none\.mjs/],
  ['Redis, and nothing that says where', 'papyra.yaml', 'persistence: {backend: redis}', 78, /persistence\.url is missing/],
  ['Redis in two places', 'papyra.yaml', 'persistence: {backend: redis, url: "redis://a", cluster: [b]}', 78, /persistence has url and cluster/],
  ['a URL of something else', 'papyra.yaml', 'persistence: {backend: redis, url: "http://a"}', 78, /persistence\.url: found a text, allowed: redis:/],
  ['a cluster without nodes', 'papyra.yaml', 'persistence: {backend: redis, cluster: []}', 78, /persistence\.cluster: found a list, allowed: a list of host:port/],
  ['a sentinel without a name', 'papyra.yaml', 'persistence: {backend: redis, sentinel: {nodes: [a]}}', 78, /persistence\.sentinel\.name/],
]; // prettier-ignore

/** [arguments after `persistence compact --path LOG`, environment, exit code, what is named] */
const CALLS: [string[], Record<string, string>, number, RegExp][] = [
  [['--max-age', '7'], {}, 64, /--max-age: '7' has no unit/],
  [['--max-age', '7 fortnights'], {}, 64, /--max-age/],
  [['--max-age', '0d'], {}, 64, /--max-age: '0d' must be more than zero/],
  [['--max-age', '-1d'], {}, 64, /--max-age/],
  [['--max-records', '1e3'], {}, 64, /--max-records: '1e3'/],
  [['--max-records', '0'], {}, 64, /--max-records/],
  [['--max-records'], {}, 64, /--max-records/],
  [['--max-total-bytes', '5XB'], {}, 64, /--max-total-bytes: '5XB'/],
  [['--max-total-bytes', '0'], {}, 64, /--max-total-bytes/],
  [['--unreadable', 'burn'], {}, 64, /--unreadable[^]*keep, drop, fail/],
  [['--undated', 'fail'], {}, 64, /--undated/],
  [['--now', 'tomorrow', '--dry-run'], {}, 64, /--now: 'tomorrow'/],
  [['--now', '2026-01-01'], {}, 64, /--now can be used with --dry-run/],
  [['--max-recods', '5'], {}, 64, /--max-recods[^]*Did you mean --max-records\?/],
  [['--backend', 'jason'], {}, 64, /--backend jason/],
  [['--backend', 'redis'], {}, 64, /--path .* with --backend redis: the redis backend has no log/],
  [['--max-files', '0'], {}, 64, /--max-files: '0' is not a whole number above zero/],
  [['--max-bytes', 'x'], {}, 64, /--max-bytes: 'x' is not a size/],
  [['--backend', 'memory'], {}, 64, /--path .* with --backend memory: the memory backend has no log/],
  [[], { PAPYRA_BACKEND: 'jason' }, 64, /error: PAPYRA_BACKEND=jason: no such backend\n.*did you mean json\?/],
  [[], { PAPYRA_BACKEND: 'redis' }, 64, /--path .* with PAPYRA_BACKEND=redis: the redis backend has no log/],
  [['--backend', 'json'], { PAPYRA_BACKEND: 'redis', PAPYRA_MAX_AGE: '7' }, 64, /PAPYRA_MAX_AGE/],
  [['--color', 'pink'], {}, 64, /--color/],
  [['--progress', 'loud'], {}, 64, /--progress/],
  [['--config', '/none/papyra.yaml'], {}, 78, /no configuration at \/none\/papyra\.yaml/],
  [['--config', ''], {}, 64, /--config/],
  [['stray'], {}, 64, /too many arguments/],
  [[], { PAPYRA_MAX_AGE: '7' }, 64, /environment variable PAPYRA_MAX_AGE: '7' has no unit/],
  [[], { PAPYRA_MAX_RECORDS: 'x' }, 64, /PAPYRA_MAX_RECORDS/],
  [[], { PAPYRA_CONFIG: '/none.yaml' }, 78, /no configuration at \/none\.yaml/],
]; // prettier-ignore

/** One or two lines, no stack trace, and with --json a document that says the same. */
function expectCleanError(
  run: { code: number; stdout: string; stderr: string },
  code: number,
  names: RegExp,
) {
  expect(run).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(names) as string });
  const lines = run.stderr.trimEnd().split('\n');
  const document = JSON.parse(lines.pop()!) as { hint: string | null };
  expect(document).toMatchObject({ schema: 'papyra.error/v1', exit_code: code });
  expect(document.hint).toBeTruthy();
  expect(lines.length).toBeLessThanOrEqual(2);
  expect(lines[0]).toMatch(/^papyra: error: /);
  expect(run.stderr).not.toContain('Invalid input');
  expect(run.stderr).not.toMatch(/^\s+at |node:internal|\.js:\d+/m);
}

describe('a bad configuration is one error that names file, key, what was found and what is allowed', () => {
  test.each(CONFIGS)('%s is refused', async (_what, name, content, code, names) => {
    const file = tempLog(content, name);
    const run = await papyra(['persistence', 'compact', '--json', '--config', file]);
    expectCleanError(run, code, names);
    expect(run.stderr).toContain(dirname(file));
  });
});

describe('a bad call is one error that names the flag or the variable', () => {
  test.each(CALLS)('%j with %j ends with %i', async (args, env, code, names) => {
    const log = tempLog(RECORD);
    const run = await papyra(['persistence', 'compact', '--json', '--path', log, ...args], {
      env: { PATH: process.env['PATH'], ...env },
    });
    expectCleanError(run, code, names);
  });

  test.each([
    [['persistence', 'compat'], /unknown command 'compat'[^]*Did you mean compact\?/],
    [['compact'], /unknown command 'compact'/],
    [['--nonsense'], /unknown option '--nonsense'/],
  ] as [string[], RegExp][])('%j', async (args, names) => {
    expectCleanError(await papyra([...args, '--json']), 64, names);
  });

  test('half of a command shows help on stderr: 64', async () => {
    for (const args of [['persistence'], ['metrics']]) {
      const run = await papyra(args);
      expect(run).toMatchObject({ code: 64, stdout: '' });
      expect(run.stderr).toContain('Usage: papyra');
    }
  });

  test('no configuration anywhere and no --path: 78, and what to do', async () => {
    const run = await papyra(['persistence', 'compact', '--json'], { cwd: dirname(tempLog('')) });
    expectCleanError(run, 78, /no configuration found[^]*--path FILE/);
  });

  test('a stack trace only with --verbose', async () => {
    const file = tempLog('{', 'papyra.json');
    const args = ['persistence', 'compact', '--config', file];
    expect((await papyra(args)).stderr).not.toMatch(/^ +at /m);
    expect((await papyra([...args, '--verbose'])).stderr).toMatch(/^ +at /m);
  });

  describe('a secret in the configuration is not repeated in an error about it', () => {
    test.each([
      ['url: ["redis://user:hunter2@host"]', 'persistence.url: found a list'],
      ['url: {password: hunter2}', 'persistence.url: found an object'],
      ['cluster: "redis://user:pass/hunter2@host"', 'persistence.cluster: found a text'],
      ['cluster: [{host: 5, password: hunter2}]', 'persistence.cluster.0'],
      ['sentinel: "hunter2"', 'persistence.sentinel: found a text'],
      ['sentinel: {name: [hunter2], nodes: []}', 'persistence.sentinel.name: found a list'],
      ['backend: "redis://user:pass/hunter2@host"', 'persistence.backend: found "redis://…@host"'],
    ])('%s', async (text, message) => {
      const file = tempLog(`persistence: {${text}}`, 'papyra.yaml');
      const run = await papyra(['persistence', 'compact', '--verbose', '--config', file]);
      expect(run.code).toBe(78);
      expect(run.stderr).toContain(message);
      expect(run.stderr).not.toContain('hunter2');
    });

    test('a whole section in the wrong place', async () => {
      const file = tempLog('persistence: [{url: "redis://user:pass/hunter2@host"}]', 'papyra.yaml');
      const run = await papyra(['persistence', 'compact', '--config', file]);
      expect(run.stderr).toContain('persistence: found [{"url":"…"}]');
      expect(run.stderr).not.toContain('hunter2');
    });

    test.each(['papyra.json', 'papyra.yaml', 'papyra.toml'])(
      'a syntax error in %s, also with --verbose',
      async (name) => {
        const file = tempLog('{"persistence": {\n"url": redis://hunter2@[\n', name);
        const run = await papyra(['persistence', 'compact', '--verbose', '--config', file]);
        expect(run).toMatchObject({
          code: 78,
          stderr: expect.stringMatching(/: line \d: /) as string,
        });
        expect(run.stderr).not.toContain('hunter2');
      },
    );
  });
});

test('a home in PAPYRA_PATH is refused, as no shell reads it; a directory that has that name is not', async () => {
  const log = tempLog(RECORD, '~');
  const env = { ...BARE, PAPYRA_PATH: '~/x' };
  const run = await papyra(['persistence', 'compact'], { env });
  expect([run.code, run.stderr]).toEqual([64, expect.stringContaining('PAPYRA_PATH: found "~/x"')]);
  const config = writeConfig(
    join(dirname(log), 'papyra.yaml'),
    'persistence: {backend: json, path: ./~}',
  );
  expect(await papyra(['--config', config, 'config', 'check'])).toMatchObject({ code: 0 });
  const dollar = tempLog(RECORD, 'a$b');
  const other = writeConfig(
    join(dirname(dollar), 'papyra.yaml'),
    'persistence: {backend: json, path: a$b}',
  );
  expect(await papyra(['--config', other, 'config', 'check'])).toMatchObject({ code: 0 });
});

test.each([
  ['--path', ['persistence', 'compact', '--path', '~/x']],
  ['--config', ['config', 'check', '--config', '$HOME/x.yaml']],
  ['--archive', ['persistence', 'compact', '--path', 'LOG', '--archive', '~/x']],
  ['--quarantine-dir', ['persistence', 'recover', '--path', 'LOG', '--mode', 'quarantine', '--quarantine-dir', '~/x']],
  ['--to', ['archive', 'restore', '--path', 'LOG', '--archive', 'DIR', '--to', '~/x']],
])('a home that no shell expanded in %s is refused, with what to write', async (flag, args) => {
  const log = tempLog(RECORD);
  const words = args.map((word) => ({ LOG: log, DIR: dirname(log) })[word] ?? word);
  await papyra(['persistence', 'compact', '--path', log, '--archive', dirname(log), '--max-age', '1d', '--allow-empty']); // prettier-ignore
  const run = await papyra(words);
  expect([run.code, run.stderr]).toEqual([64, expect.stringMatching(`${flag}: found "[~$][^]*write [^]*/x`)]); // prettier-ignore
}); // prettier-ignore

test.each([
  ['papyra.yaml', 'persistence:\r\n  backend: json\r\n  path: events.ndjson\r\n'],
  ['papyra.json', '{"persistence": {"backend": "json",\r\n"path": "events.ndjson"}}\r\n'],
  ['papyra.toml', '[persistence]\r\nbackend = "json"\r\npath = "events.ndjson"\r\n'],
])('%s with a byte order mark and the line ends of Windows is read', async (name, content) => {
  const log = tempLog(RECORD);
  const config = writeConfig(join(dirname(log), name), `\ufeff${content}`);
  const run = await papyra(['--config', config, 'config', 'show', '--json']);
  expect([run.code, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toContain(JSON.stringify(log));
});
