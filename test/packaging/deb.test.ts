import { execaSync } from 'execa';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PLAIN_USER } from '../support/papyra.js';
import { debianSystem, inRoot, lastingDirectory, makePackages, someLog, version } from '../support/packages.js'; // prettier-ignore

const ARCH = process.arch === 'arm64' ? 'arm64' : 'amd64';
const out = lastingDirectory();
const deb = join(out.path, `papyra_${version()}-1_${ARCH}.deb`);

beforeAll(() => makePackages(out.path, 'deb'), 300_000);
afterAll(out.remove);

const USER = `${PLAIN_USER}:${PLAIN_USER}`;
const CONFIG = 'etc/papyra/config.yaml';
const WANTED = 'etc/systemd/system/timers.target.wants/papyra.timer';

const STAMP = 'var/lib/systemd/timers/stamp-papyra.timer';

/** Files and links of a root, without what dpkg itself keeps. */
function filesOf(root: string): string[] {
  const own = ['./var/lib/dpkg', './var/log', './var/cache', './dev', './proc'];
  const skip = own.flatMap((path) => ['-path', path, '-prune', '-o']);
  return execaSync('find', ['.', ...skip, '-print'], { cwd: root })
    .stdout.split('\n')
    .sort();
}

/** The same package as a later version, whose example of a configuration has changed. */
function laterVersion(): string {
  const tree = join(out.path, 'later');
  execaSync('dpkg-deb', ['--raw-extract', deb, tree]);
  const control = join(tree, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*/m, 'Version: 99.0-1'));
  appendFileSync(join(tree, CONFIG), '# of version 99\n');
  const file = join(out.path, 'later.deb');
  execaSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, file]);
  return file;
}

test('lintian finds no error and nothing to warn of', () => {
  const lintian = execaSync('lintian', ['--allow-root', '--fail-on', 'error,warning', deb], { reject: false }); // prettier-ignore
  expect([lintian.exitCode, lintian.stdout]).toEqual([0, '']);
}, 120_000);

describe('in a small Debian without Node', () => {
  test('it installs, compacts as a plain user, shows its manual, upgrades, and goes without a trace', () => {
    const root = debianSystem();
    const before = filesOf(root);
    const dpkg = (...args: string[]) => inRoot(root, ['dpkg', ...args]);
    cpSync(deb, join(root, 'tmp/papyra.deb'));
    expect(dpkg('--install', '/tmp/papyra.deb')).toMatchObject({ code: 0, stderr: '' });
    expect(dpkg('--verify', 'papyra')).toEqual({ code: 0, stdout: '', stderr: '' });

    mkdirSync(join(root, 'data/logs'));
    const log = join(root, 'data/logs/events.ndjson');
    someLog(log, 3, 2, PLAIN_USER);
    const compact = ['papyra', '--quiet', 'persistence', 'compact'];
    const flags = ['--path', '/data/logs/events.ndjson', '--max-age', '7d'];
    expect(inRoot(root, [...compact, ...flags], { user: USER })).toEqual({ code: 0, stdout: '', stderr: '' }); // prettier-ignore
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(3);
    // Where the runtime has a papyra of its own, too.
    expect(inRoot(root, ['papyra-ops', '--version']).stdout).toBe(`${version()}\n`);
    for (const page of ['papyra', 'papyra-ops', 'papyra-config', 'papyra-emergency']) {
      expect(inRoot(root, ['man', page]).stdout).toContain('NAME');
    }
    for (const shell of [
      'bash-completion/completions/papyra',
      'bash-completion/completions/papyra-ops',
      'zsh/vendor-completions/_papyra',
      'fish/vendor_completions.d/papyra.fish',
      'fish/vendor_completions.d/papyra-ops.fish',
    ]) {
      // prettier-ignore
      expect(existsSync(join(root, 'usr/share', shell))).toBe(true);
    }
    expect(existsSync(join(root, WANTED))).toBe(false);

    // Until somebody edits it, the example is no configuration; then it is one, and upgrades leave it alone.
    expect(inRoot(root, compact).stderr).toContain('no configuration found');
    const edited = `persistence: { backend: json, path: /data/logs/events.ndjson }\n`;
    writeFileSync(join(root, CONFIG), edited);
    expect(inRoot(root, ['papyra', 'config', 'check']).code).toBe(0);
    mkdirSync(join(root, 'etc/systemd/system/timers.target.wants'), { recursive: true });
    execaSync('ln', ['-s', '/usr/lib/systemd/system/papyra.timer', join(root, WANTED)]);
    cpSync(laterVersion(), join(root, 'tmp/later.deb'));
    expect(dpkg('--force-confold', '--install', '/tmp/later.deb').code).toBe(0);
    expect(readFileSync(join(root, CONFIG), 'utf8')).toBe(edited);
    expect(inRoot(root, [...compact, '--dry-run']).code).toBe(0);

    // systemd remembers when the timer last ran.
    mkdirSync(join(root, dirname(STAMP)), { recursive: true });
    writeFileSync(join(root, STAMP), '');

    expect(dpkg('--remove', 'papyra').code).toBe(0);
    expect(existsSync(join(root, 'usr/bin/papyra'))).toBe(false);
    expect(readFileSync(join(root, CONFIG), 'utf8')).toBe(edited);
    expect(dpkg('--purge', 'papyra')).toMatchObject({ code: 0, stderr: '' });
    const left = filesOf(root).filter((path) => !before.includes(path));
    const ours = ['./tmp/later.deb', './tmp/papyra.deb', './etc/systemd/system/timers.target.wants', './etc/systemd/system', './etc/systemd', './var/lib/systemd', './var/lib/systemd/timers']; // prettier-ignore
    expect(left.filter((path) => !path.startsWith('./data/') && !ours.includes(path))).toEqual([]);
    expect(existsSync(log)).toBe(true);
  }, 240_000);
});

test('systemd has nothing to complain about in the units', () => {
  const tree = join(out.path, 'tree');
  execaSync('dpkg-deb', ['--extract', deb, tree]);
  const files = ['papyra.service', 'papyra.timer'].map((name) => {
    const text = readFileSync(join(tree, 'usr/lib/systemd/system', name), 'utf8');
    const file = join(tree, name);
    // systemd-analyze looks whether the program is there.
    writeFileSync(file, text.replace('/usr/bin/papyra', process.execPath));
    return file;
  });
  const verify = execaSync('systemd-analyze', ['verify', '--man=no', ...files], { reject: false });
  expect([verify.exitCode, verify.stderr]).toEqual([0, '']);
});
