import { execa } from 'execa';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeConfig } from '../support/config.js';
import { BARE, papyra, PAPYRA } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';

/** A configuration that names a backend module with this `compact()`. */
function moduleWith(compact: string): string {
  const directory = tempDirectory();
  writeFileSync(
    join(directory, 'm.mjs'),
    `export default () => ({ name: 'm', compact: ${compact} });\n`,
  );
  return writeConfig(join(directory, 'papyra.config.yaml'), 'persistence: { backend: ./m.mjs }\n');
}

const run = (config: string, ...flags: string[]) =>
  papyra(['--config', config, ...flags, 'persistence', 'compact'], { timeout: 20_000 });

describe('code of a configuration or a backend module', () => {
  test('that leaves a timer running does not keep the process alive', async () => {
    const config = moduleWith('() => { setInterval(() => {}, 1000); return null; }');
    expect((await run(config)).code).toBe(0);
  });

  test('that never comes to an end is a failure with a word of it: 70', async () => {
    const { code, stdout, stderr } = await run(moduleWith('() => new Promise(() => {})'), '--json');
    expect([code, stdout]).toEqual([70, '']);
    expect(stderr).toContain('the process ended before the run did');
    expect(JSON.parse(stderr.split('\n')[2]!)).toMatchObject({ code: 'internal', exit_code: 70 });
  });

  test('that fails where nobody waits for it, or ends the process: 70, no code of its own', async () => {
    const late = moduleWith(
      'async () => { void Promise.reject(new Error("late")); await new Promise((r) => setTimeout(r, 200)); }',
    );
    const rejected = await run(late);
    expect([rejected.code, rejected.stderr]).toEqual([70, expect.stringContaining('late')]);
    const ending = await run(moduleWith('() => process.exit(3)'));
    expect([ending.code, ending.stderr]).toEqual([70, expect.stringContaining('ended')]);
  });

  test('that prints does so to stderr: stdout is the result', async () => {
    const { code, stdout, stderr } = await run(
      moduleWith('() => { console.log("noise"); return null; }'),
      '--json',
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining('noise')]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'best_effort' });
  });

  test('that does not heed a signal is given up: 143 within a second', async () => {
    const config = moduleWith(
      '() => new Promise(() => { console.log("begun"); setInterval(() => {}, 1000); })',
    );
    const args = [PAPYRA, '--config', config, 'persistence', 'compact'];
    const child = execa(process.execPath, args, { env: BARE, extendEnv: false, reject: false });
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    const { exitCode, stderr } = await child;
    expect([exitCode, stderr]).toEqual([143, expect.stringContaining('only it knows')]);
  });

  test('a configuration that is a pipe, is not UTF-8, or says a thing twice: 78', async () => {
    const directory = tempDirectory();
    const pipe = join(directory, 'pipe.yaml');
    await execa('mkfifo', [pipe]);
    expect((await run(pipe)).code).toBe(78);
    const latin = join(directory, 'latin.yaml');
    writeFileSync(
      latin,
      Buffer.from('persistence: { backend: json, path: "\xff.log" }\n', 'latin1'),
    );
    const wrong = await run(latin);
    expect([wrong.code, wrong.stderr]).toEqual([78, expect.stringContaining('UTF-8')]);
    const twice = join(directory, 'twice.json');
    writeFileSync(twice, '{\n "persistence": {"backend": "json"},\n "persistence": {}}\n');
    const double = await run(twice);
    expect([double.code, double.stderr]).toEqual([78, expect.stringMatching(/line 3.*twice/)]);
  });
});
