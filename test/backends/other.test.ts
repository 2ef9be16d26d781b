import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempConfig, writeConfig } from '../support/config.js';
import { compact, papyra } from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';

/** A configuration whose backend is a module with this body of `compact()`. */
function withModule(body: string, head = ''): string {
  const directory = tempDirectory();
  writeFileSync(
    join(directory, 'mine.mjs'),
    `${head}\nexport default (options) => ({ name: 'mine', compact: async ({ policy, now, unreadable, undated, dryRun, signal, onProgress }) => { ${body} } });`,
  );
  const persistence = { backend: './mine.mjs', prefix: 'p', retention: { max_records: 5 } };
  return writeConfig(join(directory, 'papyra.config.json'), { persistence });
}

describe('the memory backend', () => {
  test('is a no-op that says why, exit 0, and has no metrics', async () => {
    const persistence = { backend: 'memory', retention: { max_records: 5 } };
    const config = tempConfig({ persistence });
    const { code, report, stderr } = await compact(['--config', config]);
    expect(code).toBe(0);
    expect(report).toMatchObject({ status: 'no_op', backend: 'memory', target: null });
    expect(stderr).toContain("runtime's own process");
    const metrics = await papyra(['metrics', 'persistence', '--config', config]);
    expect(metrics.code).toBe(0);
    expect(metrics.stdout).toContain('unavailable');
  });
});

describe('scan and recover of a backend that is not papyra’s', () => {
  /** A module with these functions beside `compact()`. */
  function withFunctions(functions: string): string {
    const directory = tempDirectory();
    writeFileSync(join(directory, 'mine.mjs'), `export default () => ({ name: 'mine', compact: () => null, ${functions} });`); // prettier-ignore
    return writeConfig(join(directory, 'papyra.config.json'), { persistence: { backend: './mine.mjs' } }); // prettier-ignore
  }
  async function run(config: string, ...args: string[]) {
    const run = await papyra(['persistence', ...args, '--json', '--config', config]);
    return { ...run, report: (run.stdout === '' ? {} : JSON.parse(run.stdout)) as Record<string, unknown> }; // prettier-ignore
  }

  test.each(['scan', 'recover'])('memory: %s is a no-op that says why', async (command) => {
    const config = tempConfig({ persistence: { backend: 'memory' } });
    const { code, report, stderr } = await run(config, command);
    expect([code, report['status']]).toEqual([0, 'no_op']);
    expect(stderr).toContain("runtime's own process");
  });

  test.each([
    ['scan', '', /offers no scan\(\)/],
    ['recover', '', /offers no recover\(\)/],
    ['scan', 'scan: () => null', /did not say what it found/],
    ['scan', 'scan: () => ({ records: { scanned: 5 } })', /did not say what it found/],
    ['recover', 'recover: async () => null', /did not say what it did/],
  ])(
    'a module: %s with { %s } is best effort, and a warning',
    async (command, functions, warning) => {
      const { code, report, stderr } = await run(withFunctions(functions), command);
      expect([code, report['status']]).toEqual([0, 'best_effort']);
      expect(stderr).toMatch(warning);
    },
  );

  test('a module that lists anomalies: 2, and what it does not know is null', async () => {
    const listed = '[{ kind: "CORRUPTED_LINE", line: 7, excerpt: "\\u001b" + "x".repeat(200) }, { kind: "UNEXPECTED_FILE" }]'; // prettier-ignore
    const config = withFunctions(`scan: ({ limit }) => ({ anomalies: ${listed}, records: { scanned: limit } })`); // prettier-ignore
    const { code, report } = await run(config, 'scan', '--limit', '1');
    expect(code).toBe(2);
    expect(report).toMatchObject({
      status: 'anomalies',
      records: { scanned: 1, undated: null },
      anomalies: { total: 2, by_kind: { CORRUPTED_LINE: 1, UNEXPECTED_FILE: 1, PARTIAL_WRITE: 0 } },
    });
    const { listed: shown } = report['anomalies'] as { listed: Record<string, string>[] };
    expect(shown).toMatchObject([{ line: 7, id: null, detail: '' }]);
    expect(shown[0]!['excerpt']).toMatch(/^\\x1bx{75}…$/);
  });

  test('a module that says nothing is wrong: clean; that contradicts itself: anomalies', async () => {
    const clean = await run(withFunctions('scan: () => ({ anomalies: [] })'), 'scan');
    expect([clean.code, clean.report['status']]).toEqual([0, 'clean']);
    const odd = await run(withFunctions('scan: () => ({ status: "clean", anomalies: { total: 3 } })'), 'scan'); // prettier-ignore
    expect([odd.code, odd.report['status']]).toEqual([2, 'anomalies']);
  });

  test('recover() is told of mode and dry run, and its report is laid over an empty one', async () => {
    const config = withFunctions(
      'recover: ({ mode, dryRun, maxDrop, quarantineDir }) => ({ records: { removed_lines: 2 }, quarantine: JSON.stringify([mode, dryRun, maxDrop, quarantineDir]), anomalies: { remaining: { total: 1 } } })',
    );
    const dry = await run(config, 'recover', '--dry-run', '--max-drop', '50%');
    expect(dry.report).toMatchObject({ status: 'dry_run', quarantine: '["repair",true,0.5,null]' });
    const done = await run(config, 'recover', '--mode', 'quarantine', '--quarantine-dir', '/q');
    expect(done.code).toBe(3);
    expect(done.report).toMatchObject({
      status: 'recovered',
      records: { removed_lines: 2, kept: null },
      quarantine: '["quarantine",false,0.1,"/q"]',
      anomalies: { found: { total: 0 }, remaining: { total: 1 } },
    });
    const none = await run(withFunctions('recover: () => ({ records: { removed_lines: 0 } })'), 'recover'); // prettier-ignore
    expect([none.code, none.report['status']]).toEqual([0, 'clean']);
  });

  test.each([
    ['scan', 'anomalies.listed[0].kind', '{ anomalies: [{ kind: "ODD" }] }'],
    ['scan', 'anomalies.by_kind.CORRUPTED_LINE', '{ anomalies: { by_kind: { CORRUPTED_LINE: "1" } } }'],
    ['scan', 'parts[0].name', '{ parts: [{}] }'],
    ['recover', 'parts[0].action', '{ parts: [{ name: "a", action: "gone" }] }'],
    ['recover', 'status', '{ status: "splendid" }'],
  ])('%s() that returns a wrong %s: 74', async (command, field, returned) => {
    const { code, stderr } = await run(withFunctions(`${command}: () => (${returned})`), command);
    expect([code, stderr]).toEqual([74, expect.stringContaining(`returned a wrong ${field}`)]);
  }); // prettier-ignore

  test('a scan that is no function: 78', async () => {
    const { code, stderr } = await run(withFunctions('scan: 5'), 'scan');
    expect([code, stderr]).toEqual([78, expect.stringContaining('has a scan that is no function')]);
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
      `require('node:fs').writeFileSync(${JSON.stringify(log)}, JSON.stringify({ options, policy, now, unreadable, undated, dryRun, aborted: signal.aborted })); onProgress({ phase: 'write', done: 1, total: 2 }); return null;`,
      "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    );
    const { report } = await compact([
      ...['--config', config, '-n', '--max-age', '1d', '--now', '1790000000'],
      ...['--unreadable', 'drop', '--undated', 'drop'],
    ]);
    expect(report.status).toBe('dry_run');
    expect(JSON.parse(readFileSync(log, 'utf8'))).toEqual({
      options: {
        backend: './mine.mjs',
        prefix: 'p',
        retention: { max_records: 5 },
        base_directory: dirname(config),
      },
      policy: { max_age_seconds: 86_400, max_records: 5, max_total_bytes: null },
      now: 1_790_000_000,
      unreadable: 'drop',
      undated: 'drop',
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
    ['status', { status: 'splendid' }, /allowed is compacted, nothing_to_do/],
    ['status', { status: 'dry_run' }, /not dry_run/],
    ['target', { target: 5 }, /allowed is a text/],
    ['warnings', { warnings: 'careful' }, /allowed is a list/],
    ['warnings[1]', { warnings: ['a', 5] }, /allowed is a text/],
    ['records', { records: [] }, /allowed is an object/],
    ['records.dropped', { records: { dropped: '7' } }, /allowed is a number, or null/],
    ['records.dropped_by.age', { records: { dropped_by: { age: {} } } }, /a number, or null/],
    ['bytes.before', { bytes: { before: true } }, /a number, or null/],
    ['files', { files: 7 }, /allowed is an object/],
    ['parts[0].name', { parts: [{ action: 'removed' }] }, /a text/],
    ['parts[0].action', { parts: [{ name: 'a', action: 'gone' }] }, /rewritten, removed/],
    ['archive', { archive: {} }, /a text/],
  ])('that returns a wrong %s: 74, naming module and field', async (field, report, hint) => {
    const config = withModule(`return ${JSON.stringify(report)};`);
    const run = await papyra(['persistence', 'compact', '--config', config]);
    expect(run).toMatchObject({ code: 74, stdout: '' });
    expect(run.stderr).toContain(
      `backend module ${join(dirname(config), 'mine.mjs')} returned a wrong ${field}\n`,
    );
    expect(run.stderr).toMatch(hint);
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(2);
  });

  test('that knows bytes before and after: what was reclaimed is the difference', async () => {
    const config = withModule('return { bytes: { before: 100, after: 30 }, more: 5 };');
    const { report } = await compact(['--config', config]);
    expect(report.bytes).toEqual({ before: 100, after: 30, reclaimed: 70, appended: null });
    expect(report).not.toHaveProperty('more');
  });

  test('a dry run says what would go, as far as it is told', async () => {
    const dryRun = async (body: string) => {
      const args = ['persistence', 'compact', '-n', '--config', withModule(body)];
      return (await papyra(args)).stdout;
    };
    const some = await dryRun('return { records: { dropped: 7 }, bytes: { reclaimed: 70 } };');
    expect(some).toContain('70 B would go');
    expect(some).toMatch(/would drop +7 +70 B\n/);
    const none = await dryRun('return { bytes: { before: 5, after: 5 } };');
    expect(none).toContain('nothing would go');
  });

  test('a dry run has the status of a dry run, whatever the module says', async () => {
    const config = withModule('return { status: "compacted" };');
    expect((await compact(['--config', config, '-n'])).report.status).toBe('dry_run');
  });

  test('progress in words that nobody knows is ignored', async () => {
    const config = withModule(
      'onProgress({ phase: "dance", done: 1, total: 2 }); onProgress(null); onProgress({ phase: "scan" }); return null;',
    );
    const run = await compact(['--config', config, '--progress', 'always']);
    expect([run.code, run.report.status]).toEqual([0, 'best_effort']);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('whatever it throws after %s is the interruption: %i', async (signal, code) => {
    const config = withModule(
      `const busy = setInterval(() => {}, 50); process.kill(process.pid, '${signal}'); await new Promise((resolve) => signal.addEventListener('abort', resolve)); clearInterval(busy); throw new TypeError('what now?');`,
    );
    const run = await papyra(['persistence', 'compact', '--config', config]);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toMatch(/error: stopped by SIG[A-Z]+\n.*only it knows/);
  });

  test('whose time is over before it tells: stopped, and what it did is not guessed', async () => {
    const config = withModule('setInterval(() => {}, 50); await new Promise(() => {});');
    const { code, report } = await compact(['--config', config, '--max-duration', '0.3s']);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      status: 'stopped',
      records: { dropped: null },
      bytes: { reclaimed: null },
      warnings: ['the time limit was over before the backend had told what it did'],
    });
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
