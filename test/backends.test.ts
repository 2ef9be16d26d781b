import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compact, papyra } from './support/papyra.js';
import { tempDirectory, tempLog } from './support/temp.js';

/** A configuration whose backend is a module with this body of `compact()`. */
function withModule(body: string, head = ''): string {
  const directory = tempDirectory();
  writeFileSync(
    join(directory, 'mine.mjs'),
    `${head}\nexport default (options) => ({ name: 'mine', compact: async ({ policy, dryRun, signal, onProgress }) => { ${body} } });`,
  );
  const config = join(directory, 'papyra.config.json');
  const persistence = { backend: './mine.mjs', prefix: 'p', retention: { max_records: 5 } };
  writeFileSync(config, JSON.stringify({ persistence }));
  return config;
}

describe('the memory backend', () => {
  test('is a no-op that says why, exit 0, and has no metrics', async () => {
    const config = join(tempDirectory(), 'papyra.config.json');
    writeFileSync(
      config,
      '{"persistence": {"backend": "memory", "retention": {"max_records": 5}}}',
    );
    const { code, report, stderr } = await compact(['--config', config]);
    expect(code).toBe(0);
    expect(report).toMatchObject({ status: 'no_op', backend: 'memory', target: null });
    expect(stderr).toContain("runtime's own process");
    const metrics = await papyra(['metrics', 'persistence', '--config', config]);
    expect(metrics.code).toBe(0);
    expect(metrics.stdout).toContain('unavailable');
  });
});

describe('a custom backend module', () => {
  test('that returns null: best_effort, exit 0', async () => {
    const { code, report, stderr } = await compact(['--config', withModule('return null;')]);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      status: 'best_effort',
      backend: 'mine',
      records: { dropped: null },
    });
    expect(stderr).toContain('did not say what it did');
  });

  test('that returns a part of a report: what it does not know is null', async () => {
    const config = withModule('return { records: { dropped: 7 }, bytes: { reclaimed: 70 } };');
    const { report } = await compact(['--config', config]);
    expect(report).toMatchObject({
      status: 'compacted',
      records: { dropped: 7, scanned: null, dropped_by: { age: null } },
      bytes: { reclaimed: 70, before: null },
      policy: { max_records: 5 },
    });
    const text = await papyra(['persistence', 'compact', '--config', config]);
    expect(text.stdout).toContain('Compacted');
  });

  test('gets its options, the policy, and is told of a dry run', async () => {
    const log = tempLog('');
    const config = withModule(
      `require('node:fs').writeFileSync(${JSON.stringify(log)}, JSON.stringify({ options, policy, dryRun, aborted: signal.aborted })); onProgress({ phase: 'write', done: 1, total: 2 }); return null;`,
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    );
    const { report } = await compact(['--config', config, '-n', '--max-age', '1d']);
    expect(report.status).toBe('dry_run');
    expect(JSON.parse(readFileSync(log, 'utf8'))).toEqual({
      options: {
        backend: './mine.mjs',
        prefix: 'p',
        retention: { max_records: 5 },
        base_directory: dirname(config),
      },
      policy: { max_age_seconds: 86_400, max_records: 5, max_total_bytes: null },
      dryRun: true,
      aborted: false,
    });
  });

  test.each([
    ['that throws', 'throw new Error("boom \\u001b[31m")', 74, /mine failed: boom \\x1b/],
    ['that returns no object', 'return 7', 74, /returned no report/],
  ])('%s is an error that names it', async (_what, body, code, message) => {
    const run = await papyra(['persistence', 'compact', '--config', withModule(body)]);
    expect(run.code).toBe(code);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    ['throws when loaded', 'throw new Error("no")', /cannot load backend module .*mine\.mjs: no/],
    ['exports no function', 'export default 5', /no function as its default export/],
    ['makes no backend', 'export default () => ({})', /makes no compact\(\)/],
    ['has no name', 'export default () => ({ compact() {} })', /has no name/],
    ['fails to start', 'export default () => { throw new Error("nope") }', /failed to start: nope/],
  ])('a module that %s: 78', async (_what, source, message) => {
    const config = withModule('');
    writeFileSync(join(dirname(config), 'mine.mjs'), source);
    const run = await papyra(['persistence', 'compact', '--config', config]);
    expect(run.code).toBe(78);
    expect(run.stderr).toMatch(message);
  });
});
