import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BARE, isRoot, papyra, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { importOf, standIn } from '../support/settings.js';

const JSON_STORE = {
  backend: 'json',
  path: '/var/lib/shop/events.ndjson',
  retention: { max_age_seconds: '1w', max_records: 1000, max_total_bytes: '2GB' },
};

/** [class of the settings, what the configuration is, what is noted] */
const IMPORTED: [string, object, RegExp | null][] = [
  ['Json', JSON_STORE, null],
  ['JsonOfChild', { ...JSON_STORE, path: '/srv/child/events.ndjson' }, null],
  ['Rotating', { backend: 'rotating', path: '/var/lib/shop/events.log', max_bytes: 1_000_001, max_files: 3 }, null],
  ['Redis', { backend: 'redis', url: 'rediss://cache:6380/2', username: 'shop', prefix: 'shop', system_id: 'one', approx_trim: false, tls: { ca: '/etc/ca.pem' }, retention: { max_age_seconds: 0.5 } }, /ssl_cert_reqs[^]*quarantine_prefix \(aside\)[^]*password/],
  ['PlainRedis', { backend: 'redis', url: 'redis://localhost:6379/0', prefix: 'papyra', system_id: 'local', approx_trim: true }, null],
  ['Memory', { backend: 'memory' }, null],
  ['Inherited', { backend: 'json', path: '/var/lib/shop/events.ndjson' }, /shop\.settings\.Audited is a class of its own[^]*max_age_seconds is Decimal\('5'\)[^]*max_records is 0/],
]; // prettier-ignore

describe('the configuration that the settings amount to', () => {
  test.each(IMPORTED)('%s', async (settings, persistence, notes) => {
    const directory = standIn();
    const run = await importOf(directory, settings);
    expect(run.code, run.stderr).toBe(0);
    expect(parse(run.stdout)).toEqual({ persistence });
    expect(run.stderr).toMatch(notes ?? /^$/);
    const commented = run.stdout.match(/^# Note: (.*)\.$/gm) ?? [];
    for (const note of commented) expect(run.stderr).toContain(note.slice(8, -1));
    expect(run.stdout + run.stderr).not.toContain('hunter2');
    expect(readdirSync(directory, { recursive: true }).join(' ')).not.toContain('pyc');
    if (settings !== 'Redis') return;
    const toml = await importOf(directory, settings, ['--format', 'toml']);
    expect(parseToml(toml.stdout)).toEqual({ persistence });
    const json = await importOf(directory, settings, ['--json']);
    expect(JSON.parse(json.stdout)).toEqual({ persistence });
  });

  test('is valid, and says the same again', async () => {
    const directory = standIn();
    for (const settings of ['Rotating', 'Relative', 'PlainRedis']) {
      const file = join(directory, 'papyra.config.yaml');
      writeFileSync(file, (await importOf(directory, settings)).stdout, { mode: 0o600 });
      const check = await importOf(directory, settings, ['--check', '--json']);
      expect(JSON.parse(check.stdout), settings).toMatchObject({ schema: 'papyra.drift/v1', status: 'same', file });
      expect(check.code).toBe(0);
      expect((await importOf(directory, settings, ['--check', '--quiet'])).stdout).toBe('');
    } // prettier-ignore
  });

  test('has the path of relative settings absolute, with what was assumed', async () => {
    const directory = standIn();
    const run = await importOf(directory, 'Relative');
    expect(parse(run.stdout)).toEqual({ persistence: { backend: 'json', path: join(directory, 'log/events.ndjson') } }); // prettier-ignore
    expect(run.stderr).toMatch(/relative in the settings \(log\/events\.ndjson\).*taken to be/);
  });

  test('heeds the environment as the runtime does', async () => {
    const run = await importOf(standIn(), 'Json', [], { FOLDER: '/elsewhere', DAYS: '2' });
    expect(parse(run.stdout)).toMatchObject({ persistence: { path: '/elsewhere/events.ndjson', retention: { max_age_seconds: '2d' } } }); // prettier-ignore
  });

  test('needs a name, by flag or variable', async () => {
    const directory = standIn();
    const run = await papyra(['config', 'import'], { cwd: directory });
    expect([run.code, run.stderr]).toEqual([64, expect.stringContaining('--settings-module')]);
    const env = { ...BARE, PAPYRA_SETTINGS_MODULE: 'shop.settings.Memory' };
    expect((await papyra(['config', 'import'], { cwd: directory, env })).code).toBe(0);
  });
});

/** [class, exit code 78 with this message] */
const REFUSED: [string, RegExp][] = [
  ['Kafka', /persistence is a shop\.settings\.Kafka\.Persistence.*none of the runtime's[^]*backend module/],
  ['NoInstance', /persistence is a class, not an instance/],
  ['Stranger', /AttributeError: 'Stranger' object has no attribute 'persistence'/],
  ['Broken', /RuntimeError: the vault of redis:\/\/…@vault is sealed \(.*settings\.py line \d+\)/],
  ['None', /AttributeError: .*'None'[^]*name the class/],
  ['shop.nowhere.X', /ModuleNotFoundError: No module named 'shop\.nowhere'/],
  ['elsewhere.settings.X', /No module named 'elsewhere'[^]*where the application starts/],
  ['shop.broken_syntax.X', /SyntaxError: .*broken_syntax\.py, line 1/],
]; // prettier-ignore

describe('settings that cannot be asked', () => {
  test.each(REFUSED)('%s: 78, in their words', async (settings, message) => {
    const run = await importOf(standIn(), settings);
    expect([run.code, run.stdout]).toEqual([78, '']);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trim().split('\n')).toHaveLength(2);
  });

  test('show their whole traceback with --verbose', async () => {
    const run = await importOf(standIn(), 'Broken', ['--verbose']);
    expect(run.stderr).toMatch(/Traceback \(most recent call last\)[^]*in persistence/);
    expect(run.stderr).not.toContain('hunter2');
  });

  test('because Python is missing, or has no runtime', async () => {
    const directory = standIn();
    const none = await importOf(directory, 'Json', ['--python', '/none/python']);
    expect([none.code, none.stderr]).toEqual([64, expect.stringContaining('/none/python')]);
    const path = await importOf(directory, 'Json', [], { PATH: '/none' });
    expect([path.code, path.stderr]).toEqual([78, expect.stringContaining('no python3')]);
    const bare = await papyra(['config', 'import', '--settings-module', 'shop.settings.Json']);
    expect([bare.code, bare.stderr]).toEqual([78, expect.stringContaining('no package papyra')]);
  });
});

/** [what the code does, exit code, what is said] */
const HOSTILE: [string, number, RegExp][] = [
  ['never', 78, /no answer within 1 s: its code was ended/],
  ['exit', 78, /SystemExit: 3/],
  ['exit_at_once', 78, /ended itself with the exit status 4/],
  ['raise', 78, /ZeroDivisionError/],
  ['abort', 78, /ended by SIGABRT/],
  ['close', 78, /before it could be asked/],
  ['recurse', 78, /RecursionError/],
  ['fork', 0, /^$/],
  ['both_go_on', 0, /^$/],
  ['spawn', 0, /^$/],
  ['flood', 0, /^$/],
  ['thread', 0, /^$/],
  ['forge', 78, /an answer that papyra cannot read/],
];

describe('settings whose code', () => {
  test.each(HOSTILE)('does this: %s', async (way, code, message) => {
    const directory = standIn();
    const pidFile = join(directory, 'pid');
    const limit = way === 'never' ? ['--timeout', '1s'] : [];
    const run = await importOf(directory, 'shop.hostile.Late', limit, { HOSTILE: way, PID_FILE: pidFile }); // prettier-ignore
    expect(run.code, run.stderr).toBe(code);
    expect(run.stderr).toMatch(message);
    if (code === 0) expect(parse(run.stdout)).toMatchObject({ persistence: { backend: 'json' } });
    else expect(run.stdout).toBe('');
    if (existsSync(pidFile)) expect(isRunning(readFileSync(pidFile, 'utf8'))).toBe(false);
  });
});

/** A process that was killed may be there as a zombie until it is waited for. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** [key, settings class, the configuration that differs in it] */
const DRIFT: [string, string, object][] = [
  ['persistence.backend', 'Json', { backend: 'memory' }],
  ['persistence.path', 'Json', { ...JSON_STORE, path: '/var/lib/shop/other.ndjson' }],
  ['persistence.retention.max_age_seconds', 'Json', { ...JSON_STORE, retention: { ...JSON_STORE.retention, max_age_seconds: 604_801 } }],
  ['persistence.retention.max_records', 'Json', { ...JSON_STORE, retention: { ...JSON_STORE.retention, max_records: undefined } }],
  ['persistence.retention.max_total_bytes', 'Json', { ...JSON_STORE, retention: { ...JSON_STORE.retention, max_total_bytes: '2GiB' } }],
  ['persistence.max_bytes', 'Rotating', { ...(IMPORTED[2]![1]), max_bytes: 1_000_000 }],
  ['persistence.max_files', 'Rotating', { ...(IMPORTED[2]![1]), max_files: undefined }],
  ...Object.entries({ url: 'rediss://cache:6380/3', username: 'other', prefix: 'papyra', system_id: ['two', 'three'], approx_trim: true, tls: { ca: '/etc/cb.pem' } }).map(
    ([key, value]): [string, string, object] => [`persistence.${key}${key === 'tls' ? '.ca' : ''}`, 'Redis', { ...(IMPORTED[3]![1]), password_file: 'secret', [key]: value }],
  ),
  ['password', 'Redis', { ...(IMPORTED[3]![1]), password_file: 'wrong' }],
]; // prettier-ignore

describe('a configuration and settings that differ', () => {
  test.each(DRIFT)('in %s: 1, and nothing else is named', async (key, settings, persistence) => {
    const directory = standIn();
    writeFileSync(join(directory, 'secret'), 'hunter2\n', { mode: 0o600 });
    writeFileSync(join(directory, 'wrong'), 'hunter3\n', { mode: 0o600 });
    const file = join(directory, 'papyra.config.json');
    writeFileSync(file, JSON.stringify({ persistence }), { mode: 0o600 });
    const run = await importOf(directory, settings, ['--check', '--json']);
    expect(run.code, run.stderr).toBe(1);
    const report = JSON.parse(run.stdout) as { status: string; keys: { key: string; differs: boolean }[] }; // prettier-ignore
    expect(report.status).toBe('different');
    expect(report.keys.filter(({ differs }) => differs).map((one) => one.key)).toEqual([key]);
    expect(run.stdout + run.stderr).not.toMatch(/hunter/);
  });

  test('are shown as a table, also with --quiet', async () => {
    const directory = standIn();
    const config = { persistence: { ...JSON_STORE, path: '/x', retention: { max_records: 5 } } };
    writeFileSync(join(directory, 'papyra.config.json'), JSON.stringify(config), { mode: 0o600 });
    const run = await importOf(directory, 'Json', ['--check', '--quiet']);
    expect(run).toMatchObject({ code: 1, stderr: '' });
    expect(run.stdout).toMatch(/differ: 5 keys compared[^]*max_records +1000 +5\n/);
  });

  test('are told by doctor, when it is asked, and else nothing is executed', async () => {
    const directory = standIn();
    writeFileSync(join(directory, 'events.ndjson'), '');
    const file = join(directory, 'papyra.config.json');
    const config = { persistence: { backend: 'json', path: 'events.ndjson', retention: { max_records: 7 } } }; // prettier-ignore
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const env = { ...BARE, PAPYRA_SETTINGS_MODULE: 'shop.hostile.Late', HOSTILE: 'never', PID_FILE: join(directory, 'pid') }; // prettier-ignore
    const silent = await papyra(['doctor', '--json'], { cwd: directory, env });
    expect([silent.code, silent.stdout]).toEqual([0, expect.not.stringContaining('"settings"')]);
    expect(existsSync(join(directory, 'pid'))).toBe(false);
    const asked = await papyra(['doctor', '--settings-module', 'shop.settings.Json'], { cwd: directory }); // prettier-ignore
    expect(asked.code).toBe(1);
    expect(asked.stdout.replaceAll(/\s+/g, ' ')).toMatch(/fail settings .*persistence\.retention\.max_records is 1000 there and 7 here/); // prettier-ignore
    const broken = await papyra(['doctor', '--settings-module', 'shop.settings.Broken'], { cwd: directory }); // prettier-ignore
    expect([broken.code, broken.stdout.replaceAll(/\s+/g, ' ')]).toEqual([1, expect.stringContaining('could not be asked')]); // prettier-ignore
  });
});

describe('a configuration with many stores', () => {
  const REDIS = { backend: 'redis', url: 'rediss://cache:6380/2', prefix: 'shop', tls: { ca: '/etc/ca.pem' } }; // prettier-ignore
  const STORES = {
    orders: { ...JSON_STORE, retention: { max_records: 5 } },
    others: { ...JSON_STORE, path: '/var/lib/others/events.ndjson' },
    mine: { ...REDIS, system_id: 'two' },
    all: { ...REDIS, prefix: 'more', system_id: '*' },
  };

  function withStores(stores: object): string {
    const directory = standIn();
    writeFileSync(join(directory, 'papyra.config.json'), JSON.stringify({ stores }), {
      mode: 0o600,
    });
    return directory;
  }

  interface Drift {
    store: string | null;
    keys: { key: string; differs: boolean }[];
  }

  /** The store that was compared, and what differs. */
  async function drift(directory: string, settings: string, ...args: string[]) {
    const run = await importOf(directory, settings, ['--check', '--json', ...args]);
    expect(run.code, run.stderr).toBe(1);
    const { store, keys } = JSON.parse(run.stdout) as Drift;
    return [store, keys.filter(({ differs }) => differs).map(({ key }) => key.replace('persistence.', ''))]; // prettier-ignore
  }

  test('is compared in the store that is where the settings say, or in the one that is named', async () => {
    const directory = withStores(STORES);
    const limits = ['max_age_seconds', 'max_records', 'max_total_bytes'].map((name) => `retention.${name}`); // prettier-ignore
    expect(await drift(directory, 'Json')).toEqual(['orders', limits]);
    expect(await drift(directory, 'Json', '--store', 'others')).toEqual(['others', ['path']]);
    const text = await importOf(directory, 'Json', ['--check', '--store', 'others']);
    expect(text.stdout).toContain(
      'papyra.config.json (store others) and shop.settings.Json differ',
    );
    const systems = withStores({ ...STORES, mine: { ...REDIS, system_id: ['one', 'two'], password_file: 'p' } }); // prettier-ignore
    writeFileSync(join(systems, 'p'), 'hunter2\n', { mode: 0o600 });
    expect(await drift(systems, 'Redis')).toEqual(['mine', ['username', 'approx_trim', 'retention.max_age_seconds']]); // prettier-ignore
  });

  test('and none where the settings say: 1, with the place and the names', async () => {
    const directory = withStores(STORES);
    expect(await drift(directory, 'Rotating')).toEqual([null, ['stores']]);
    const run = await importOf(directory, 'Redis', ['--check']);
    expect(run.stdout).toMatch(/stores +redis rediss:\/\/cache:6380\/2 shop one +none/);
    expect(run.stderr).toContain('none of the 4 stores is the one of the settings: add it to stores, or say with --store NAME which one it is (orders, others, mine, all)'); // prettier-ignore
  });

  test('is examined by doctor with settings only for one store', async () => {
    const args = ['doctor', '--settings-module', 'shop.settings.Json'];
    const run = await papyra(args, { cwd: withStores(STORES) });
    expect([run.code, run.stderr]).toEqual([64, expect.stringContaining('add --store NAME with one of orders, others')]); // prettier-ignore
  });
});

describe.runIf(isRoot)('as root', () => {
  test('code of another user is not executed, and this user is named', async () => {
    const directory = standIn();
    const settings = join(directory, 'shop/settings.py');
    chownSync(settings, PLAIN_USER, PLAIN_USER);
    const run = await importOf(directory, 'Json');
    expect([run.code, run.stderr]).toEqual([78, expect.stringMatching(/settings\.py belongs to user 65534[^]*sudo -u '#65534'/)]); // prettier-ignore
  });

  test('code that others can write is not executed, nor a module that they put in the way', async () => {
    const directory = standIn();
    chmodSync(join(directory, 'papyra/persistence/json.py'), 0o664);
    const run = await importOf(directory, 'Json');
    expect([run.code, run.stderr]).toEqual([78, expect.stringMatching(/json\.py can be written[^]*chmod go-w/)]); // prettier-ignore
    const other = standIn();
    writeFileSync(join(other, 'decimal.py'), 'open("/tmp/never", "w")\n');
    chownSync(join(other, 'decimal.py'), PLAIN_USER, PLAIN_USER);
    expect(await importOf(other, 'Json')).toMatchObject({ code: 78, stdout: '' });
    expect(existsSync('/tmp/never')).toBe(false);
  });

  test('its owner may run it', async () => {
    const directory = standIn();
    const bin = publicInstall();
    const args = ['config', 'import', '--settings-module', 'shop.settings.Json', '--python', '/usr/bin/python3']; // prettier-ignore
    const run = await papyra(args, { bin, cwd: directory, uid: PLAIN_USER, gid: PLAIN_USER });
    expect(run.code, run.stderr).toBe(0);
    expect(parse(run.stdout)).toEqual({ persistence: JSON_STORE });
  });
});
