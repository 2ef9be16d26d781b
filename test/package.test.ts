import { execaSync } from 'execa';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BARE, ROOT } from './support/papyra.js';
import { tempDirectory, tempLog } from './support/temp.js';

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
    npm(['install', '--global', '--prefix', prefix, join(directory, packed!.filename)]);
    const log = tempLog('{"timestamp": 1}\n{"timestamp": 2}\n');
    const bin = join(prefix, 'bin/papyra');
    execaSync(bin, ['persistence', 'compact', '--path', log, '--max-records', '1'], {
      env: BARE,
      extendEnv: false,
    });
    expect(readFileSync(log, 'utf8')).toBe('{"timestamp": 2}\n');

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
