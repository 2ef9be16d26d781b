import { execa } from 'execa';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  BARE,
  compact,
  isRoot,
  papyra,
  PAPYRA,
  PLAIN_USER,
  publicInstall,
} from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';

/** Neither root nor the plain user. */
const OTHER_USER = 1234;

const LOG = Array.from({ length: 9 }, (_, index) => `{"timestamp": ${index}.5}\n`).join('');

/** A configuration that keeps so many records, in each form it may have. */
const FORMS: Record<string, (keep: number) => string> = {
  '.papyrarc': (keep) => `persistence:\n  backend: json\n  path: events.ndjson\n  retention:\n    max_records: ${keep}\n`,
  '.papyrarc.json': (keep) => json(keep),
  'papyra.config.json': (keep) => json(keep),
  'papyra.config.yaml': (keep) => FORMS['.papyrarc']!(keep),
  'papyra.config.yml': (keep) => FORMS['.papyrarc']!(keep),
  'papyra.config.toml': (keep) => `[persistence]\nbackend = "json"\npath = "events.ndjson"\nretention = { max_records = ${keep} }\n`,
  'pyproject.toml': (keep) => `[project]\nname = "app"\n[tool.papyra.persistence]\nbackend = "json"\npath = "events.ndjson"\nretention = { max_records = ${keep} }\n`,
  'package.json': (keep) => `{"name": "app", "papyra": ${json(keep)}}`,
  'papyra.config.mjs': (keep) => `export default ${json(keep)}`,
  'papyra.config.cjs': (keep) => `module.exports = ${json(keep)}`,
  'papyra.config.js': (keep) => `module.exports = ${json(keep)}`,
  'papyra.config.ts': (keep) => `const keep: number = ${keep};\nexport default ${json(keep)} as unknown;`,
}; // prettier-ignore

function json(keep: number): string {
  return JSON.stringify({ persistence: { backend: 'json', path: 'events.ndjson', retention: { max_records: keep } } }); // prettier-ignore
}

const lines = (log: string) => readFileSync(log, 'utf8').split('\n').length - 1;

describe('the configuration', () => {
  test.each(Object.keys(FORMS))('is found as %s, and relative paths start there', async (name) => {
    const log = tempLog(LOG);
    writeFileSync(join(dirname(log), name), FORMS[name]!(4));
    const below = join(dirname(log), 'a/b');
    mkdirSync(below, { recursive: true });
    const { code, stderr } = await compact([], { cwd: below });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(lines(log)).toBe(4);
  });

  test('a package.json or pyproject.toml that has nothing for papyra is passed by', async () => {
    const log = tempLog(LOG);
    const below = join(dirname(log), 'app');
    mkdirSync(below);
    writeFileSync(join(below, 'package.json'), '{"name": "app"}');
    writeFileSync(join(below, 'pyproject.toml'), '[tool.other]\nx = 1\n');
    writeFileSync(join(dirname(log), 'papyra.config.yaml'), FORMS['.papyrarc']!(4));
    expect((await compact([], { cwd: below })).code).toBe(0);
    expect(lines(log)).toBe(4);
  });

  test.each(['papyra.config.yaml', '.papyrarc'])(
    'a link %s that leads nowhere is an error, and no other is used: 78',
    async (name) => {
      const log = tempLog(LOG);
      const below = join(dirname(log), 'below');
      mkdirSync(below);
      writeFileSync(join(dirname(log), 'papyra.config.yaml'), FORMS['.papyrarc']!(4));
      for (const target of ['nowhere.yaml', name]) {
        symlinkSync(target, join(below, name));
        const { code, stderr } = await papyra(['config', 'show'], { cwd: below, env: BARE });
        expect(stderr).toContain(`configuration ${join(below, name)} is a link that leads nowhere`);
        expect(code).toBe(78);
        unlinkSync(join(below, name));
      }
      // Files of other programs are none of papyra's business until they have something for it.
      for (const other of ['package.json', 'pyproject.toml']) symlinkSync('nowhere', join(below, other)); // prettier-ignore
      expect((await papyra(['config', 'show'], { cwd: below, env: BARE })).code).toBe(0);
    },
  );

  test('is found in $XDG_CONFIG_HOME/papyra when the working directory has none', async () => {
    const log = tempLog(LOG);
    const home = tempDirectory();
    mkdirSync(join(home, 'papyra'));
    const text = FORMS['.papyrarc']!(4).replace('events.ndjson', log);
    writeFileSync(join(home, 'papyra/config.yaml'), text);
    const env = { ...BARE, XDG_CONFIG_HOME: home };
    expect((await compact([], { cwd: tempDirectory(), env })).code).toBe(0);
    expect(lines(log)).toBe(4);
  });

  describe('flags beat the environment, which beats the file', () => {
    let log: string;
    beforeEach(() => {
      log = tempLog(LOG);
      writeFileSync(join(dirname(log), 'papyra.config.yaml'), FORMS['.papyrarc']!(4));
    });

    test('the environment overrides key by key', async () => {
      const env = { ...BARE, PAPYRA_MAX_RECORDS: '3', PAPYRA_MAX_TOTAL_BYTES: '1MB' };
      const { report } = await compact([], { cwd: dirname(log), env });
      expect(report.policy).toEqual({
        max_age_seconds: null,
        max_records: 3,
        max_total_bytes: 1_000_000,
      });
    });

    test('a flag overrides both, and leaves the other limits', async () => {
      const env = { ...BARE, PAPYRA_MAX_RECORDS: '3' };
      const args = ['--max-records', '2', '--max-total-bytes', '64KiB'];
      const { report } = await compact(args, { cwd: dirname(log), env });
      expect(report.policy).toEqual({
        max_age_seconds: null,
        max_records: 2,
        max_total_bytes: 65_536,
      });
    });

    test('--path replaces the whole persistence section: its policy is what the flags say', async () => {
      const other = tempLog(LOG);
      const { report } = await compact(['--path', other, '--max-age', '10000w'], {
        cwd: dirname(log),
      });
      expect(report.policy.max_records).toBeNull();
      expect(report.target).toBe(other);
    });

    test('--config beats PAPYRA_CONFIG, which beats the search', async () => {
      const named = join(tempDirectory(), 'named.yaml');
      writeFileSync(named, FORMS['.papyrarc']!(7).replace('events.ndjson', log));
      const env = { ...BARE, PAPYRA_CONFIG: named };
      const options = { cwd: dirname(log), env };
      expect((await compact(['-n'], options)).report.policy.max_records).toBe(7);
      const here = join(dirname(log), 'papyra.config.yaml');
      expect((await compact(['-n', '--config', here], options)).report.policy.max_records).toBe(4);
    });
  });
});

describe('a working directory that was deleted', () => {
  /** Runs papyra in a directory that is gone by then. */
  async function inDeleted(args: string[]) {
    const gone = tempDirectory();
    const words = [process.execPath, PAPYRA, 'persistence', 'compact', '-n', ...args].join(' ');
    const result = await execa('sh', ['-c', `rmdir ${gone} && exec ${words}`], {
      cwd: gone,
      env: BARE,
      extendEnv: false,
      reject: false,
    });
    return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  }

  test('does not matter with an absolute --path or --config', async () => {
    const log = tempLog(LOG);
    const config = join(dirname(log), 'named.yaml');
    writeFileSync(config, FORMS['.papyrarc']!(4));
    for (const args of [
      ['--path', log, '--max-records', '4'],
      ['--config', config],
    ]) {
      const { code, stdout, stderr } = await inDeleted(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(log);
    }
  });

  test('is one clear error where a search or a relative path would start there: 78', async () => {
    for (const args of [[], ['--path', 'events.ndjson'], ['--config', 'papyra.yaml']]) {
      const { code, stderr } = await inDeleted(args);
      expect(code).toBe(78);
      expect(stderr).toMatch(/^papyra: error: the working directory cannot be read: .*\n .*$/);
    }
  });
});

describe('code that is not the configuration', () => {
  test('is not executed because it lies in the working directory', async () => {
    const log = tempLog(LOG);
    const cwd = tempDirectory();
    mkdirSync(join(cwd, '.config'));
    const trap = `require('fs').writeFileSync(${JSON.stringify(join(cwd, 'executed'))}, '');`;
    for (const name of ['config.js', 'config.cjs', 'config.ts']) {
      writeFileSync(join(cwd, '.config', name), trap);
    }
    writeFileSync(join(cwd, 'package.json'), '{"cosmiconfig": {"searchPlaces": ["evil.js"]}}');
    writeFileSync(join(cwd, 'evil.js'), trap);
    expect((await compact(['--path', log, '--max-records', '3'], { cwd })).code).toBe(0);
    expect(readdirSync(cwd)).not.toContain('executed');
  });
});

describe.runIf(isRoot)('whose configuration counts', () => {
  let directory: string;
  let bin: string;
  const plain = () => ({ bin, cwd: directory, uid: PLAIN_USER, gid: PLAIN_USER });
  const run = (options: object) => papyra(['persistence', 'compact', '-n'], options);

  beforeEach(() => {
    bin = publicInstall();
    directory = dirname(tempLog(LOG));
    for (const name of [directory, join(directory, 'events.ndjson')]) {
      chmodSync(name, 0o755);
      chownSync(name, PLAIN_USER, PLAIN_USER);
    }
  });

  /** Writes a configuration with an owner and a mode. */
  function config(name: string, owner: number, mode: number): string {
    const file = join(directory, name);
    writeFileSync(file, FORMS[name]!(4));
    chownSync(file, owner, owner);
    chmodSync(file, mode);
    return file;
  }

  test('code of another user is not executed when merely found: 78', async () => {
    config('papyra.config.mjs', 0, 0o644);
    const found = await run(plain());
    expect([found.code, found.stderr]).toEqual([78, expect.stringContaining('belongs to user 0')]);
    const args = ['persistence', 'compact', '-n', '--config', join(directory, 'papyra.config.mjs')];
    expect((await papyra(args, plain())).code).toBe(0);
  });

  test("code of one's own is executed, unless others can write it", async () => {
    config('papyra.config.mjs', PLAIN_USER, 0o644);
    expect((await run(plain())).code).toBe(0);
    config('papyra.config.mjs', PLAIN_USER, 0o664);
    const writable = await run(plain());
    expect([writable.code, writable.stderr]).toEqual([78, expect.stringContaining('mode 0664')]);
  });

  test('data of another user is read', async () => {
    config('papyra.config.yaml', 0, 0o666);
    expect((await run(plain())).code).toBe(0);
  });

  test('a place that may not be looked at has no configuration', async () => {
    config('papyra.config.yaml', 0, 0o644);
    const locked = tempDirectory();
    expect((await run({ ...plain(), env: { ...BARE, HOME: locked } })).code).toBe(0);
    expect((await run({ ...plain(), env: { ...BARE, XDG_CONFIG_HOME: '/dev/null' } })).code).toBe(
      0,
    );
    const nothing = await run({ ...plain(), cwd: '/', env: { ...BARE, HOME: locked } });
    expect([nothing.code, nothing.stderr]).toEqual([
      78,
      expect.stringContaining('no configuration found'),
    ]);

    mkdirSync(join(directory, 'locked/inner'), { recursive: true });
    const shell = `cd ${directory}/locked/inner && chmod 700 .. && exec setpriv --reuid ${PLAIN_USER} --regid ${PLAIN_USER} --clear-groups ${process.execPath} ${bin} persistence compact -n`;
    const inside = await execa('sh', ['-c', shell], { env: BARE, extendEnv: false, reject: false });
    expect([inside.exitCode, inside.stderr]).toEqual([0, '']);
    expect(inside.stdout).toContain(directory);
  });

  test('a file that is there and may not be read is an error, and no other is used: 77', async () => {
    config('papyra.config.yaml', 0, 0o644);
    const file = config('papyra.config.json', 0, 0o600);
    const denied = await run(plain());
    expect([denied.code, denied.stderr]).toEqual([77, expect.stringContaining(file)]);
  });

  test('a directory of papyra’s own that may not be looked into is an error: 77', async () => {
    config('papyra.config.yaml', 0, 0o644);
    const home = tempDirectory();
    chmodSync(home, 0o755);
    const own = join(home, '.config/papyra');
    mkdirSync(own, { recursive: true });
    chmodSync(own, 0o700);
    const denied = await run({ ...plain(), cwd: '/', env: { ...BARE, HOME: home } });
    expect([denied.code, denied.stderr]).toEqual([77, expect.stringContaining(own)]);
    expect((await run({ ...plain(), env: { ...BARE, HOME: home } })).code).toBe(0);
  });

  test("root reads only what is root's own and nobody else can write, also with --config", async () => {
    const file = config('papyra.config.yaml', PLAIN_USER, 0o644);
    const foreign = await run({ cwd: directory });
    expect([foreign.code, foreign.stderr]).toEqual([78, expect.stringContaining('not to root')]);
    const named = await papyra(['persistence', 'compact', '-n', '--config', file]);
    expect(named.code).toBe(78);
    config('papyra.config.yaml', 0, 0o664);
    expect((await run({ cwd: directory })).code).toBe(78);
    config('papyra.config.yaml', 0, 0o644);
    expect((await run({ cwd: directory })).code).toBe(0);
  });

  test("another user's package.json or pyproject.toml counts once it has something for papyra", async () => {
    const below = join(directory, 'app');
    mkdirSync(below);
    const files = { 'package.json': '{"name": "app"}', 'pyproject.toml': '[tool.other]\nx = 1\n' };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(below, name), text);
      chownSync(join(below, name), PLAIN_USER, PLAIN_USER);
    }
    config('papyra.config.yaml', 0, 0o644);
    const passed = await run({ cwd: below });
    expect([passed.code, passed.stderr]).toEqual([0, '']);
    for (const name of Object.keys(files)) {
      writeFileSync(join(below, name), FORMS[name]!(4));
      const foreign = await run({ cwd: below });
      expect([foreign.code, foreign.stderr]).toEqual([78, expect.stringContaining(name)]);
      writeFileSync(join(below, name), files[name as keyof typeof files]);
    }
  });

  test('a backend module that another user can write is not executed by root: 78', async () => {
    const file = join(directory, 'papyra.config.json');
    writeFileSync(file, '{"persistence": {"backend": "./backend.mjs"}}');
    const module = join(directory, 'backend.mjs');
    writeFileSync(module, 'export default () => ({ name: "mine", compact: () => null })');
    const call = () => papyra(['persistence', 'compact', '--config', file]);
    expect((await call()).code).toBe(0);
    chownSync(module, PLAIN_USER, PLAIN_USER);
    const foreign = await call();
    expect([foreign.code, foreign.stderr]).toEqual([78, expect.stringContaining('backend module')]);
  });

  describe('of a backend module that a configuration names', () => {
    let module: string;
    beforeEach(() => {
      module = join(directory, 'backend.mjs');
      writeFileSync(module, 'export default () => ({ name: "mine", compact: () => null })');
      const file = join(directory, 'papyra.config.json');
      writeFileSync(file, '{"persistence": {"backend": "./backend.mjs"}}');
      chownSync(file, PLAIN_USER, PLAIN_USER);
    });

    test("merely found: it must be the user's own or root's, and nobody else may write it", async () => {
      const denied = async (why: string) => {
        const { code, stderr } = await run(plain());
        expect([code, stderr]).toEqual([78, expect.stringContaining(why)]);
      };
      expect((await run(plain())).code).toBe(0);
      chownSync(module, PLAIN_USER, PLAIN_USER);
      expect((await run(plain())).code).toBe(0);
      chmodSync(module, 0o646);
      await denied(`backend module ${module} is not used: its group or others can write it`);
      chmodSync(module, 0o644);
      chownSync(module, OTHER_USER, OTHER_USER);
      await denied(`it belongs to user ${OTHER_USER}, not to user ${PLAIN_USER}`);
    });

    test('named: the operator has vouched for it', async () => {
      chownSync(module, OTHER_USER, OTHER_USER);
      const named = ['persistence', 'compact', '-n', '--config', 'papyra.config.json'];
      expect((await papyra(named, plain())).code).toBe(0);
    });
  });

  describe('a symbolic link of another user is not followed', () => {
    /** Puts a link in front of a file, and a link in front of that one. */
    function linked(name: string, owner: number): void {
      const real = join(tempDirectory(), name);
      chmodSync(dirname(real), 0o755);
      renameSync(join(directory, name), real);
      symlinkSync(real, join(directory, 'hop'));
      symlinkSync('hop', join(directory, name));
      lchownSync(join(directory, 'hop'), owner, owner);
    }

    test('by root, to a configuration: 78', async () => {
      config('papyra.config.yaml', 0, 0o644);
      linked('papyra.config.yaml', PLAIN_USER);
      const text = FORMS['.papyrarc']!(4).replace('events', join(directory, 'events'));
      writeFileSync(join(directory, 'papyra.config.yaml'), text);
      const foreign = await run({ cwd: directory });
      expect([foreign.code, foreign.stderr]).toEqual([
        78,
        expect.stringContaining(`the symbolic link ${join(directory, 'hop')} belongs to user`),
      ]);
      lchownSync(join(directory, 'hop'), 0, 0);
      expect((await run({ cwd: directory })).code).toBe(0);
    });

    test('to a module, by root: 78', async () => {
      const file = config('papyra.config.json', 0, 0o644);
      writeFileSync(file, '{"persistence": {"backend": "./backend.mjs"}}');
      writeFileSync(join(directory, 'backend.mjs'), 'export default () => ({ name: "mine", compact: () => null })'); // prettier-ignore
      linked('backend.mjs', PLAIN_USER);
      const foreign = await run({ cwd: directory });
      expect([foreign.code, foreign.stderr]).toEqual([
        78,
        expect.stringContaining('the symbolic link'),
      ]);
    });

    test("by a plain user, to code that was merely found; one's own and root's are", async () => {
      config('papyra.config.mjs', PLAIN_USER, 0o644);
      linked('papyra.config.mjs', OTHER_USER);
      const content = FORMS['papyra.config.mjs']!(4).replace('events', join(directory, 'events'));
      writeFileSync(join(directory, 'papyra.config.mjs'), content);
      expect((await run(plain())).code).toBe(78);
      for (const owner of [PLAIN_USER, 0]) {
        lchownSync(join(directory, 'hop'), owner, owner);
        expect((await run(plain())).code).toBe(0);
      }
    });
  });
});
