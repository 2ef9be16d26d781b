import { execa } from 'execa';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { BARE, NO_PROGRAMS, PAPYRA, papyra, publicInstall } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';
import { COMPACT, EXPIRED } from './run.js';

const LIVE = `{"n": 1, "timestamp": ${Date.now() / 1000}}\n`;
const CONTENT = EXPIRED.repeat(10) + LIVE;

/** Two ways in which the library for system calls is not to be had. */
const WITHOUT = {
  'a Node that loads no addons': () => ({ env: { ...BARE, NODE_OPTIONS: '--no-addons' } }),
  'an installation without its optional dependencies': () => {
    const bin = publicInstall();
    rmSync(join(dirname(dirname(bin)), 'node_modules'), { recursive: true });
    return { bin };
  },
};

test.each(Object.entries(WITHOUT))(
  '%s: a run is refused (78) before anything is made, also with --offline and --in-place',
  async (_name, options) => {
    for (const flags of [[], ['--offline'], ['--in-place']]) {
      const log = tempLog(CONTENT);
      const run = await papyra([...COMPACT, '--path', log, ...flags], options());
      expect([run.code, run.stderr]).toEqual([78, expect.stringMatching(/cannot make system calls here \(linux, \w+\)[^]*dry runs, doctor/)]); // prettier-ignore
      expect(run.stderr).not.toMatch(/^\s+at /m);
      expect(readdirSync(dirname(log))).toEqual(['events.ndjson']);
      expect(readFileSync(log, 'utf8')).toBe(CONTENT);
    }
  },
);

test.each(Object.entries(WITHOUT))(
  '%s: --version, a dry run, doctor and metrics still work',
  async (_name, options) => {
    const log = tempLog(CONTENT);
    const how = options();
    expect((await papyra(['--version'], how)).code).toBe(0);
    const dry = await papyra([...COMPACT, '--path', log, '--dry-run', '--json'], how);
    expect([dry.code, JSON.parse(dry.stdout)]).toEqual([78, expect.objectContaining({ status: 'dry_run' })]); // prettier-ignore
    expect((await papyra(['doctor', '--path', log, '--max-age', '1w'], how)).code).toBe(1);
    expect((await papyra(['metrics', 'persistence', '--path', log], how)).code).toBe(0);
  },
);

test('a sandbox that forbids flock: 78 that says so, the log as it was', async () => {
  const log = tempLog(CONTENT);
  const words = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=flock:error=EPERM', process.execPath, PAPYRA]; // prettier-ignore
  const run = await execa('strace', [...words, ...COMPACT, '--path', log], { env: BARE, extendEnv: false, reject: false }); // prettier-ignore
  expect([run.exitCode, run.stderr]).toEqual([78, expect.stringMatching(/flock\(2\) is not allowed here \(EPERM\)[^]*seccomp/)]); // prettier-ignore
  expect(readFileSync(log, 'utf8')).toBe(CONTENT);
});

test('no program is needed: a run works where none is to be found', async () => {
  for (const flags of [[], ['--in-place'], ['--offline']]) {
    const log = tempLog(EXPIRED.repeat(500) + LIVE);
    const run = await papyra([...COMPACT, '--path', log, ...flags], { env: NO_PROGRAMS });
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(readFileSync(log, 'utf8').endsWith(LIVE)).toBe(true);
  }
});
