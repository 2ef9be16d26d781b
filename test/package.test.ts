import { execaSync } from 'execa';
import { readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePackages, version } from './support/packages.js';
import { BARE, papyra, publicInstall, ROOT } from './support/papyra.js';
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

describe('the tarball', () => {
  test('installs into an empty prefix, and command and library work there', () => {
    const directory = tempDirectory();
    const env = { ...BARE, HOME: process.env['HOME'] ?? directory };
    const npm = (args: string[]) => execaSync('npm', args, { cwd: ROOT, env, extendEnv: true });
    makePackages(directory, 'npm');
    const tarball = join(directory, `papyra-${version()}.tgz`);
    const names = execaSync('tar', ['-tf', tarball]).stdout.replaceAll('package/', '').split('\n');
    expect(names).toContain('dist/THIRD-PARTY-LICENCES.txt');
    expect(names).toContain('man/papyra.1');
    expect(names).toContain('examples/prometheus-alerts.yaml');
    expect(names).toContain('examples/grafana-dashboard.json');
    expect(names.filter((name) => /^(src|test|commands|man\/prose)/.test(name))).toEqual([]);

    const prefix = join(directory, 'prefix');
    const install = npm(['install', '--global', '--prefix', prefix, tarball]);
    expect([install.stderr, install.stdout.includes('warn')]).toEqual(['', false]);
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

    npm(['uninstall', '--global', '--prefix', prefix, 'papyra']);
    expect(execaSync('find', [prefix, '-not', '-type', 'd']).stdout).toBe('');
  }, 180_000);
});

describe('the code that V8 made in the build', () => {
  test('is made of each part that a compaction loads, for this Node alone, and is not needed', async () => {
    const bin = publicInstall();
    const chunks = join(dirname(bin), '../dist/chunks');
    const compiled = readdirSync(chunks).filter((name) => name.endsWith('.compiled'));
    expect(compiled.length).toBeGreaterThan(10);
    const { version, versions, arch } = process;
    for (const name of compiled) expect(name).toMatch(`.js.${version}_${versions.v8}_${arch}_`);
    const compacts = async (): Promise<void> => {
      const log = tempLog('{"timestamp": 1}\n{"timestamp": 2}\n');
      const { code, stderr } = await papyra(['persistence', 'compact', '--path', log, '--max-records', '1'], { bin }); // prettier-ignore
      expect({ code, stderr, text: readFileSync(log, 'utf8') }).toEqual({ code: 0, stderr: '', text: '{"timestamp": 2}\n' }); // prettier-ignore
    };
    try {
      await compacts();
      for (const name of compiled) rmSync(join(chunks, name));
      await compacts();
    } finally {
      rmSync(dirname(dirname(bin)), { recursive: true });
    }
  });
});
