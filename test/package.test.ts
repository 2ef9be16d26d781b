import { execaSync } from 'execa';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BARE, ROOT } from './support/papyra.js';
import { tempDirectory, tempLog } from './support/temp.js';

/** The oldest Node that papyra takes, and the newer lines: 50 MB each, so only the long form fetches all of them. */
const OTHERS = process.env['PAPYRA_SOAK'] === '1' ? ['20.19', '22', '24'] : ['20.19'];

function otherNodes(directory: string): string[] {
  return OTHERS.map((wanted) => {
    const prefix = join(directory, `node-${wanted}`);
    execaSync('npm', ['install', '--silent', '--no-save', '--prefix', prefix, `node-linux-${process.arch}@${wanted}`]); // prettier-ignore
    return join(prefix, `node_modules/node-linux-${process.arch}/bin/node`);
  });
}

describe('the tarball of npm pack', () => {
  test('installs into an empty prefix, and command and library work there', () => {
    const directory = tempDirectory();
    const env = { ...BARE, HOME: process.env['HOME'] ?? directory };
    const npm = (args: string[]) => execaSync('npm', args, { cwd: ROOT, env, extendEnv: true });
    const { stdout } = npm(['pack', '--ignore-scripts', '--json', '--pack-destination', directory]);
    const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
    const names = packed!.files.map(({ path }) => path);
    expect(names).toContain('dist/THIRD-PARTY-LICENCES.txt');
    expect(names).toContain('man/papyra.1');
    expect(names).toContain('examples/prometheus-alerts.yaml');
    expect(names).toContain('examples/grafana-dashboard.json');
    expect(names.filter((name) => /^(src|test|commands|man\/prose)/.test(name))).toEqual([]);

    const prefix = join(directory, 'prefix');
    const install = npm([
      'install',
      '--global',
      '--prefix',
      prefix,
      join(directory, packed!.filename),
    ]);
    expect(install.stderr).toBe('');
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: object;
    };
    expect(Object.keys(scripts).filter((name) => name.endsWith("install"))).toEqual([]);
    const log = tempLog('{"timestamp": 1}\n{"timestamp": 2}\n');
    const bin = join(prefix, 'bin/papyra');
    execaSync(bin, ['persistence', 'compact', '--path', log, '--max-records', '1'], {
      env: BARE,
      extendEnv: false,
    });
    expect(readFileSync(log, 'utf8')).toBe('{"timestamp": 2}\n');

    for (const node of otherNodes(directory)) {
      const before = tempLog('{"timestamp": 1}\n{"timestamp": 2}\n');
      const flags = ['--path', before, '--max-records', '1'];
      const run = execaSync(node, [realpathSync(bin), '--quiet', 'persistence', 'compact', ...flags], { env: BARE, extendEnv: false }); // prettier-ignore
      expect([run.stdout, run.stderr], node).toEqual(['', '']);
      expect(readFileSync(before, 'utf8')).toBe('{"timestamp": 2}\n');
    }

    const program = `import { openSystem } from 'papyra';
      const system = await openSystem({ persistence: { backend: 'memory' } });
      console.log((await system.persistence.compact()).status);`;
    const modules = join(prefix, 'lib/node_modules/papyra');
    const library = execaSync('node', ['--input-type=module', '-e', program], { cwd: modules });
    expect(library.stdout).toBe('no_op');
    const required = `console.log(typeof require('papyra').openSystem)`;
    expect(execaSync('node', ['-e', required], { cwd: modules }).stdout).toBe('function');
  }, 180_000);
});
