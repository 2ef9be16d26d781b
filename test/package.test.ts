import { execaSync } from 'execa';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BARE, papyra, publicInstall, ROOT } from './support/papyra.js';
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

describe('the code that V8 made in the build', () => {
  test('is made of each part that a compaction loads, and is left aside where another V8 runs, or is missing', async () => {
    const bin = publicInstall();
    const chunks = join(dirname(bin), '../dist/chunks');
    const compiled = readdirSync(chunks).filter((name) => name.endsWith('.compiled'));
    expect(compiled.length).toBeGreaterThan(10);
    expect(compiled.every((name) => existsSync(join(chunks, name.replace('.compiled', ''))))).toBe(true);
    try {
      for (const [index, name] of compiled.entries()) {
        const path = join(chunks, name);
        if (index % 3 === 0) { rmSync(path); continue; }
        // The second word says which version of V8 it is of.
        const bytes = readFileSync(path);
        bytes.writeUInt32LE(bytes.readUInt32LE(4) ^ 1, 4);
        writeFileSync(path, bytes);
      }
      const log = tempLog('{"timestamp": 1}\n{"timestamp": 2}\n');
      const { code, stderr } = await papyra(['persistence', 'compact', '--path', log, '--max-records', '1'], { bin });
      expect({ code, stderr, text: readFileSync(log, 'utf8') }).toEqual({ code: 0, stderr: '', text: '{"timestamp": 2}\n' });
    } finally {
      rmSync(dirname(dirname(bin)), { recursive: true });
    }
  }); // prettier-ignore
});
