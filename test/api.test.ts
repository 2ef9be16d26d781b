import { execaSync } from 'execa';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CompactionReport, System } from '../src/index.js';
import { ROOT } from './support/papyra.js';
import { records } from './support/records.js';
import { tempLog } from './support/temp.js';

const api = (await import(join(ROOT, 'dist/index.js'))) as typeof import('../src/index.js');

const lines = (count: number) =>
  [...records({ seed: 1, count, start: 1_790_000_000, step: 60 })].map((line) => `${line}\n`);

const open = (path: string, max_records = 5): Promise<System> =>
  api.openSystem({ persistence: { backend: 'json', path, retention: { max_records } } });

describe('the library', () => {
  test('compacts what a configuration in the call names', async () => {
    const log = tempLog(lines(20).join(''));
    const system = await open(log);
    const seen: string[] = [];
    const report: CompactionReport = await system.persistence.compact({
      onProgress: ({ phase, done, total }) => seen.push(`${phase} ${done <= total}`),
    });
    await system.close();
    expect(report).toMatchObject({ status: 'compacted', records: { kept: 5, dropped: 15 } });
    expect(readFileSync(log, 'utf8')).toBe(lines(20).slice(-5).join(''));
    expect(seen).toContain('scan true');
    expect(seen).toContain('write true');
    expect(await system.metrics.read()).toMatchObject({ compactions_run: 1 });
    expect(await system.metrics.reset()).toMatchObject({ compactions_run: 0 });
  });

  test('finds a configuration as the command line does', async () => {
    const log = tempLog(lines(20).join(''));
    const config = { persistence: { backend: 'json', path: 'events.ndjson' } };
    writeFileSync(join(dirname(log), '.papyrarc.json'), JSON.stringify(config));
    const system = await api.openSystem({ cwd: dirname(log), overrides: { max_records: 3 } });
    const report = await system.persistence.compact({ dryRun: true });
    expect(report).toMatchObject({ status: 'dry_run', target: log, records: { kept: 3 } });
  });

  test('throws PapyraError with code and hint', async () => {
    const log = tempLog(lines(3).join(''));
    const bad = { persistence: { backend: 'json', path: log, retention: { max_record: 1 } } };
    await expect(api.openSystem(bad as object)).rejects.toMatchObject({
      name: 'PapyraError',
      code: 'config_invalid',
      hint: 'did you mean max_records?',
    });
    const system = await open(log);
    await expect(system.persistence.compact({ now: 5 })).rejects.toMatchObject({ code: 'usage' });
  });

  test.each([
    [{ path: '' }, 'overrides.path: found "", allowed: a text'],
    [{ path: 'a\0b' }, 'overrides.path: found "a\\u0000b", allowed: a text'],
    [{ backend: 5 }, 'overrides.backend: found 5'],
    [{ max_age_seconds: NaN }, 'overrides.max_age_seconds: found "NaN", allowed: seconds'],
    [{ max_age_seconds: -1 }, 'overrides.max_age_seconds: found -1'],
    [{ max_age_seconds: '7d' }, 'overrides.max_age_seconds: found "7d"'],
    [{ max_age_seconds: 1e15 }, 'overrides.max_age_seconds: found 1000000000000000'],
    [{ max_records: 0 }, 'overrides.max_records: found 0, allowed: a whole number above zero'],
    [{ max_records: 1.5 }, 'overrides.max_records: found 1.5'],
    [{ max_total_bytes: Infinity }, 'overrides.max_total_bytes: found "Infinity"'],
    [{ max_record: 5 }, 'overrides.max_record: no such option'],
  ])(
    'openSystem({ overrides: %j }) is refused, and names the option',
    async (overrides, message) => {
      const log = tempLog(lines(3).join(''));
      const call = api.openSystem({ overrides: { path: log, ...(overrides as object) } });
      await expect(call).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(message) as string,
      });
    },
  );

  test.each([
    [{ now: NaN, dryRun: true }, 'now: found "NaN"'],
    [{ now: '2026', dryRun: true }, 'now: found "2026"'],
    [{ lockWaitMs: -1 }, 'lockWaitMs: found -1, allowed: milliseconds, zero or more'],
    [{ limitRate: 0 }, 'limitRate: found 0, allowed: bytes a second above zero'],
    [{ unreadable: 'burn' }, 'unreadable: found "burn", allowed: keep, drop, fail'],
    [{ undated: 'fail' }, 'undated: found "fail", allowed: keep, drop'],
    [{ dryRun: 'yes' }, 'dryRun: found "yes", allowed: true or false'],
    [{ dryrun: true }, 'dryrun: no such option'],
    [{ onProgress: 5 }, 'onProgress: found 5, allowed: a function'],
    [{ signal: {} }, 'signal: found {}, allowed: an AbortSignal'],
  ])('compact(%j) is refused, names the option, and does nothing', async (options, message) => {
    const log = tempLog(lines(9).join(''));
    const system = await open(log);
    await expect(system.persistence.compact(options as object)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
    });
    expect(readdirSync(dirname(log))).toEqual(['events.ndjson']);
    expect(readFileSync(log, 'utf8')).toBe(lines(9).join(''));
  });

  test('metrics in a call without a persistence section beat the file', async () => {
    const log = tempLog(lines(9).join(''));
    const cwd = dirname(log);
    const overrides = { path: log, max_records: 3 };
    const off = await api.openSystem({ cwd, metrics: { enabled: false }, overrides });
    expect((await off.persistence.compact()).status).toBe('compacted');
    expect(await off.metrics.read()).toMatchObject({ unavailable: expect.stringMatching('disabled') as string }); // prettier-ignore
    expect(readdirSync(cwd)).not.toContain('.papyra');
    writeFileSync(
      join(cwd, '.papyrarc.json'),
      JSON.stringify({ persistence: { backend: 'json', path: log }, metrics: { enabled: false } }),
    );
    const on = await api.openSystem({ cwd, metrics: { enabled: true } });
    expect(await on.metrics.read()).toMatchObject({ compactions_run: 0 });
    expect(on.store.target).toBe(log);
  });

  test('a section that is undefined in a call is none: the hooks of the file still decide', async () => {
    const log = tempLog(lines(20).join(''));
    const persistence = { backend: 'json', path: 'events.ndjson', retention: { max_records: 3 } };
    const hooks = { before_compact: ['false'] };
    writeFileSync(join(dirname(log), '.papyrarc.json'), JSON.stringify({ persistence, hooks, metrics: { enabled: false } })); // prettier-ignore
    const call = { hooks: undefined, persistence: undefined, metrics: { enabled: undefined } };
    const system = await api.openSystem({ cwd: dirname(log), ...(call as object) });
    await expect(system.persistence.compact()).rejects.toMatchObject({ code: 'try_again' });
    expect(readFileSync(log, 'utf8')).toBe(lines(20).join(''));
    expect(await system.metrics.read()).toMatchObject({ compactions_run: null });
    await system.close();
  });

  test('an override that is undefined is none: the environment is asked', async () => {
    const log = tempLog(lines(9).join(''));
    process.env['PAPYRA_MAX_RECORDS'] = '4';
    try {
      const overrides = { path: log, max_records: undefined };
      const system = await api.openSystem({ overrides });
      const { policy } = await system.persistence.compact({ dryRun: true });
      expect(policy.max_records).toBe(4);
    } finally {
      delete process.env['PAPYRA_MAX_RECORDS'];
    }
  });

  test('an aborted signal stops the run: interrupted, storage as it was, counted as stopped', async () => {
    const content = lines(2000).join('').repeat(40);
    const log = tempLog(content);
    const system = await open(log);
    const controller = new AbortController();
    const run = system.persistence.compact({
      signal: controller.signal,
      onProgress: ({ phase }) => phase === 'write' && controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
    expect(readFileSync(log, 'utf8') === content).toBe(true);
    expect(await system.metrics.read()).toMatchObject({
      compactions_stopped: 1,
      compaction_errors: 0,
    });
  });

  test('is typed: a program against the declarations of the package compiles', () => {
    const directory = dirname(tempLog(''));
    writeFileSync(
      join(directory, 'program.ts'),
      `import { openSystem, PapyraError, type CompactionReport, type System } from '${ROOT}/dist/types/src/index.js';
       const system: System = await openSystem({ persistence: { backend: 'json', path: 'x', retention: { max_age_seconds: '7d' } } });
       const report: CompactionReport = await system.persistence.compact({ dryRun: true, signal: new AbortController().signal, onProgress: (p) => p.done });
       const dropped: number | null = report.records.dropped;
       // @ts-expect-error a count is a number
       await openSystem({ persistence: { retention: { max_records: 'five' } } });
       export const failed = (error: unknown): boolean => error instanceof PapyraError && error.code === 'refused' && dropped === null;`,
    );
    writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const { exitCode, stdout } = execaSync(
      tsc,
      [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--module',
        'nodenext',
        '--typeRoots',
        join(ROOT, 'node_modules/@types'),
        '--types',
        'node',
        join(directory, 'program.ts'),
      ],
      { reject: false },
    );
    expect(stdout).toBe('');
    expect(exitCode).toBe(0);
  });
});
