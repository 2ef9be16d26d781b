// Every call of the library on stores that are not there or hold nothing, on modules that tell much or little, and after
// it was asked to stop.
import { setTimeout as sleep } from 'node:timers/promises';
import { appendFileSync, chownSync, renameSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import { openSystem, type ListedRecord, type OpenOptions } from '../../src/index.js';
import { withSystem } from '../support/system.js';
import { tempDirectory, tempLog } from '../support/temp.js';

async function all(records: AsyncIterable<ListedRecord>): Promise<ListedRecord[]> {
  const list: ListedRecord[] = [];
  for await (const record of records) list.push(record);
  return list;
}

const record = (n: number, seconds = 4_000_000_000): string => `{"kind": "event", "n": ${n}, "timestamp": ${seconds}.5}\n`; // prettier-ignore
const records = (from: number, to: number): string => Array.from({ length: to - from }, (_, at) => record(from + at)).join(''); // prettier-ignore
const OLD = '{"kind": "event", "timestamp": 1.5}\n';

describe.each(['json', 'rotating'] as const)('a store of files that is not there: %s', (backend) => {
  test('in a configuration, where the runtime has not written yet: every call says so, and none fails', async () => {
    const path = join(tempDirectory(), 'events.ndjson');
    const nothing = expect.stringMatching(/not there|nothing/) as string;
    await withSystem({ persistence: { backend, path, retention: { max_records: 1 } } }, async (system) => {
      const { persistence, inspect } = system;
      expect((await persistence.compact()).status).toBe('nothing_to_do');
      expect((await persistence.compact({ dryRun: true })).status).toBe('dry_run');
      expect(await persistence.scan()).toMatchObject({ status: 'clean', warnings: [nothing] });
      expect(await persistence.recover()).toMatchObject({ status: 'clean', warnings: [nothing] });
      expect(await persistence.simulate()).toMatchObject({ records: 0, warnings: [nothing] });
      expect(await persistence.inspect()).toMatchObject({ warnings: [nothing] });
      expect(await inspect.summary()).toMatchObject({ records: 0, warnings: [nothing] });
      expect(await all(inspect.records())).toEqual([]);
      expect(await system.check()).toMatchObject({ warnings: [nothing] });
      expect((await system.doctor()).checks.length).toBeGreaterThan(3);
      expect(readdirSync(dirname(path))).toEqual(['.papyra']);
    });
  });

  test('that was named: not found, and nothing is made', async () => {
    const path = join(tempDirectory(), 'events.ndjson');
    await withSystem({ persistence: {}, overrides: { backend, path } }, async (system) => {
      const { persistence, inspect } = system;
      const missing = { code: 'not_found' };
      await expect(persistence.compact({ dryRun: true })).rejects.toMatchObject(missing);
      await expect(persistence.scan()).rejects.toMatchObject(missing);
      await expect(persistence.recover()).rejects.toMatchObject(missing);
      await expect(persistence.simulate()).rejects.toMatchObject(missing);
      await expect(persistence.inspect()).rejects.toMatchObject(missing);
      await expect(all(inspect.records())).rejects.toMatchObject(missing);
      await expect(system.check()).rejects.toMatchObject(missing);
      expect(readdirSync(dirname(path))).toEqual([]);
    });
  });

  test('nor is its directory: not found', async () => {
    const path = join(tempDirectory(), 'gone', 'events.ndjson');
    await withSystem({ persistence: { backend, path, retention: { max_records: 1 } } }, async ({ persistence }) => {
      await expect(persistence.compact()).rejects.toMatchObject({ code: 'not_found' });
      await expect(persistence.scan()).rejects.toMatchObject({ code: 'not_found' });
    });
  });

  test('followed, it is listed from the moment when it is there', async () => {
    const path = join(tempDirectory(), 'events.ndjson');
    const stop = new AbortController();
    await withSystem({ persistence: { backend, path } }, async ({ inspect }) => {
      const seen: number[] = [];
      const following = (async () => {
        for await (const { json } of inspect.records({ follow: true, signal: stop.signal })) {
          seen.push((JSON.parse(Buffer.from(json).toString()) as { n: number }).n);
          if (seen.length === 3) stop.abort();
        }
      })();
      await new Promise((resolve) => setTimeout(resolve, 300));
      writeFileSync(path, record(1));
      appendFileSync(path, `\n${record(2)}no record\n${record(3)}`);
      await expect(following).rejects.toMatchObject({ code: 'interrupted' });
      expect(seen).toEqual([1, 2, 3]);
    });
  });
}); // prettier-ignore

describe('a log', () => {
  const options = (path: string, retention = {}): OpenOptions => ({ persistence: { backend: 'json', path, retention } }); // prettier-ignore

  test('that begins with a filler: every call passes over it', async () => {
    const path = tempLog(OLD.repeat(5000) + records(0, 300));
    await withSystem(options(path, { max_age_seconds: 60 }), async ({ persistence, inspect }) => {
      await persistence.compact({ inPlace: true, maxDrop: 1 });
      expect(readFileSync(path, 'utf8')).toMatch(/^\{"kind":"compaction"/);
      expect((await persistence.simulate()).records).toBe(300);
      expect((await persistence.inspect()).records.total).toBe(300);
      expect((await persistence.scan()).records.scanned).toBe(300);
      expect((await inspect.summary()).records).toBe(300);
      expect((await persistence.recover()).status).toBe('clean');
      const dry = await persistence.compact({ dryRun: true, free: 1, minAge: 0 }).catch((error: unknown) => error); // prettier-ignore
      expect(dry).toBeDefined();
      expect((await persistence.compact()).records).toMatchObject({ kept: 300, dropped: 0 });
    });
  });

  test('without a time in it, dropped to an archive: the archive is undated', async () => {
    const archive = tempDirectory();
    const path = tempLog('{"kind": "event"}\n'.repeat(50) + records(0, 10));
    await withSystem(options(path, { max_age_seconds: 60 }), async ({ persistence }) => {
      await persistence.compact({ undated: 'drop', archive, maxDrop: 1 });
      expect(readdirSync(archive).filter((name) => name.endsWith('.gz'))).toEqual([expect.stringContaining('_undated_undated_')]); // prettier-ignore
      expect(readFileSync(path, 'utf8')).toBe(records(0, 10));
    });
  });

  test('read no faster than asked: the same is found', async () => {
    const path = tempLog(records(0, 300) + 'garbage\n');
    await withSystem(options(path), async ({ persistence }) => {
      expect((await persistence.scan({ limitRate: 1e9 })).anomalies.total).toBe(1);
      expect((await persistence.simulate({ limitRate: 1e9 })).records).toBe(300);
    });
  });

  test('that is text, or compressed: a scan says what it looks like, and recovery is refused', async () => {
    for (const [content, form] of [['some text\n'.repeat(50), null], [gzipSync(records(0, 300)), 'gzip']] as const) {
      const path = tempLog(content);
      await withSystem(options(path), async ({ persistence }) => {
        const scan = await persistence.scan();
        if (form) expect(scan).toMatchObject({ form: expect.stringContaining(form) as string });
        await expect(persistence.recover()).rejects.toMatchObject({ code: 'refused' });
        await expect(persistence.recover({ dryRun: true })).rejects.toMatchObject({ code: 'refused' });
        expect(readFileSync(path)).toEqual(Buffer.from(content));
      });
    }
  }); // prettier-ignore

  test('with more damage than is listed: it is counted, and a torn end as well', async () => {
    const path = tempLog(`${records(0, 300)}${'garbage\n'.repeat(9)}{"n": 1}\n{"kind": "ev`);
    await withSystem(options(path), async ({ persistence }) => {
      const dry = await persistence.recover({ dryRun: true, limit: 2 });
      expect(dry.anomalies.found).toMatchObject({ total: 10, by_kind: { CORRUPTED_LINE: 9, TRUNCATED_LINE: 1 } });
      expect(dry.anomalies.found.listed).toHaveLength(2);
      const { listed, total } = (await persistence.scan({ limit: 2 })).anomalies;
      expect([listed.length, total]).toEqual([2, 10]);
      const quarantineDir = tempDirectory();
      for (let round = 0; round < 2; round++) {
        await persistence.recover({ mode: 'quarantine', quarantineDir, maxDrop: 1 });
        appendFileSync(path, 'garbage\n');
      }
      const again = await persistence.recover({ mode: 'quarantine', quarantineDir, maxDrop: 1 });
      expect(again.status).toBe('recovered');
      expect(readFileSync(path, 'utf8')).toBe(`${records(0, 300)}{"n": 1}\n`);
    });
  }); // prettier-ignore

  test('beside which are files of all kinds: those that are not its own are named, in order', async () => {
    const path = tempLog(records(0, 10));
    for (const name of ['.compact.tmp', '.bak', '.a', '.3', '.10'])
      writeFileSync(`${path}${name}`, '');
    utimesSync(`${path}.compact.tmp`, 1, 1);
    writeFileSync(`${path}.recovered.tmp`, '');
    await withSystem(options(path), async ({ persistence }) => {
      const { listed } = (await persistence.scan()).anomalies;
      expect(listed.map(({ file }) => file!.slice(path.length))).toEqual(['.3', '.10', '.a', '.bak', '.compact.tmp']); // prettier-ignore
    });
  });

  test('of one undated record, without its newline', async () => {
    const path = tempLog('{"kind": "event"}');
    await withSystem(options(path), async ({ persistence }) => {
      expect((await persistence.scan()).records).toEqual({ scanned: 1, undated: 1 });
      expect((await persistence.recover({ maxDrop: 1 })).status).toBe('recovered');
      expect(readFileSync(path, 'utf8')).toBe('{"kind": "event"}\n');
    });
  });

  test('that has nothing to free, or too little: refused with what there is', async () => {
    const empty = tempLog('');
    await withSystem(options(empty), async ({ persistence }) => {
      await expect(persistence.compact({ free: 1000, minAge: 0, allowEmpty: true })).rejects.toMatchObject({ message: expect.stringContaining('nothing can be freed') as string }); // prettier-ignore
    });
    const other = tempLog(OLD.repeat(500));
    linkSync(other, `${other}.link`);
    await withSystem(options(other, { max_age_seconds: 60 }), async ({ persistence }) => {
      await expect(persistence.compact({ free: 1e9, minAge: 0, allowEmpty: true })).rejects.toMatchObject({ code: expect.stringMatching(/refused|io_error/) as string }); // prettier-ignore
      await expect(persistence.compact({ inPlace: true, maxDrop: 1, allowEmpty: true })).rejects.toMatchObject({ message: expect.stringContaining('other hard link') as string }); // prettier-ignore
    });
  });

  test('whose call was stopped before: interrupted, and the log as it was', async () => {
    const content = OLD.repeat(5000) + records(0, 300) + 'garbage\n{"kind';
    const path = tempLog(content);
    const signal = AbortSignal.abort();
    await withSystem(options(path, { max_age_seconds: 60 }), async (system) => {
      const { persistence, inspect } = system;
      const stopped = { code: 'interrupted' };
      await expect(persistence.compact({ signal, maxDrop: 1 })).rejects.toMatchObject(stopped);
      await expect(persistence.compact({ signal, maxDrop: 1, dryRun: true })).rejects.toMatchObject(stopped);
      await expect(persistence.scan({ signal })).rejects.toMatchObject(stopped);
      await expect(persistence.recover({ signal, maxDrop: 1 })).rejects.toMatchObject(stopped);
      await expect(persistence.simulate({ signal })).rejects.toMatchObject(stopped);
      await expect(persistence.inspect({ signal })).rejects.toMatchObject(stopped);
      await expect(all(inspect.records({ signal }))).rejects.toMatchObject(stopped);
      await expect(system.doctor({ signal })).rejects.toMatchObject(stopped);
      expect(readFileSync(path, 'utf8')).toBe(content);
    });
  }); // prettier-ignore

  test('whose archive is stopped half way: nothing was dropped, and no archive is left', async () => {
    const lines = Array.from({ length: 200_000 }, (_, n) => record(n, 1)).join('');
    const path = tempLog(lines + records(0, 10));
    const archive = tempDirectory();
    const stop = new AbortController();
    await withSystem(options(path, { max_age_seconds: 60 }), async ({ persistence }) => {
      const onProgress = ({ phase }: { phase: string }): void => {
        if (phase !== 'scan') stop.abort();
      };
      await expect(persistence.compact({ signal: stop.signal, onProgress, archive, maxDrop: 1 })).rejects.toMatchObject({ code: 'interrupted' }); // prettier-ignore
      expect(readFileSync(path, 'utf8')).toBe(lines + records(0, 10));
      expect(readdirSync(archive).filter((name) => name.includes('ndjson'))).toEqual([]);
    });
  });
});

describe('a log that is followed', () => {
  test('is followed over a line of megabytes, a log that is moved away and made anew, and one that is cut off', async () => {
    const path = tempLog(records(0, 5));
    const stop = new AbortController();
    await withSystem({ persistence: { backend: 'json', path } }, async ({ inspect }) => {
      const seen: number[] = [];
      const until = async (n: number): Promise<void> => {
        while (!seen.includes(n)) await sleep(20);
      };
      const following = (async () => {
        for await (const { json } of inspect.records({ follow: true, signal: stop.signal })) seen.push((JSON.parse(Buffer.from(json).toString()) as { n: number }).n); // prettier-ignore
      })().catch((error: unknown) => error);
      await until(4);
      const large = `{"kind": "event", "n": 5, "timestamp": 4000000000.5, "pad": "${'x'.repeat(5 << 20)}"}\n`;
      appendFileSync(path, large.slice(0, 3 << 20));
      await sleep(300);
      appendFileSync(path, large.slice(3 << 20) + record(6));
      await until(6);
      renameSync(path, `${path}.away`);
      await sleep(500);
      writeFileSync(path, record(7));
      await until(7);
      appendFileSync(path, records(8, 20));
      await until(19);
      writeFileSync(path, record(20));
      await until(20);
      appendFileSync(path, `${record(21)}\n \nno record\n`);
      await until(21);
      stop.abort();
      expect(await following).toMatchObject({ code: 'interrupted' });
      expect(seen).toEqual(Array.from({ length: 22 }, (_, n) => n));
    });
  }, 60_000);
});

describe('a rotating set', () => {
  const set = (path: string, more = {}): OpenOptions => ({ persistence: { backend: 'rotating', path, retention: { max_age_seconds: 60 }, ...more } }); // prettier-ignore

  test('with files behind the last index, and nothing damaged: a recovery to quarantine moves them', async () => {
    const path = tempLog(records(0, 10));
    writeFileSync(`${path}.1`, records(10, 20));
    writeFileSync(`${path}.9`, records(20, 30));
    writeFileSync(`${path}.12`, records(30, 40));
    const quarantineDir = tempDirectory();
    await withSystem(set(path, { max_files: 3 }), async (system) => {
      const { persistence } = system;
      expect((await persistence.scan()).anomalies.by_kind).toMatchObject({ ORPHANED_ROTATED_FILE: 2 });
      expect((await system.doctor()).checks.length).toBeGreaterThan(3);
      const dry = await persistence.recover({ dryRun: true, mode: 'quarantine', quarantineDir });
      expect(dry.parts.filter(({ action }) => action === 'moved')).toHaveLength(2);
      const { status, parts } = await persistence.recover({ mode: 'quarantine', quarantineDir });
      expect([status, parts.filter(({ action }) => action === 'moved').length]).toEqual(['recovered', 2]);
      expect(readdirSync(dirname(path)).filter((name) => name.startsWith('events'))).toEqual(['events.ndjson', 'events.ndjson.1']);
    });
  }); // prettier-ignore

  test('whose files have one owner and end without a newline goes to one archive', async () => {
    const path = tempLog(records(0, 10));
    writeFileSync(`${path}.2`, OLD.repeat(300).trimEnd());
    writeFileSync(`${path}.1`, OLD.repeat(300));
    const archive = tempDirectory();
    await withSystem(set(path), async ({ persistence }) => {
      const report = await persistence.compact({ archive, maxDrop: 1 });
      expect(report.records.dropped).toBe(600);
      expect(readdirSync(archive).filter((name) => name.endsWith('.gz'))).toHaveLength(1);
    });
  });

  test('whose files have two groups, and beside which a killed run left something', async () => {
    const path = tempLog(records(0, 10));
    writeFileSync(`${path}.1`, OLD.repeat(300));
    if (process.getuid?.() === 0) chownSync(`${path}.1`, 0, 61_005);
    writeFileSync(join(dirname(path), '.events.ndjson.papyra.tmp'), '');
    const archive = tempDirectory();
    await withSystem(set(path), async ({ persistence }) => {
      const { warnings } = await persistence.compact({ dryRun: true, maxDrop: 1 });
      expect(warnings.join()).toContain('killed');
      const small = await persistence.compact({ inPlace: true, archive, maxDrop: 1 });
      expect(small.records.dropped).toBe(300);
      expect((await persistence.compact({ inPlace: true })).records.dropped).toBe(0);
    });
  });

  test('that is stopped before it began: interrupted', async () => {
    const path = tempLog(records(0, 10));
    writeFileSync(`${path}.1`, OLD.repeat(300));
    await withSystem(set(path), async ({ persistence }) => {
      const signal = AbortSignal.abort();
      await expect(persistence.compact({ signal, maxDrop: 1 })).rejects.toMatchObject({ code: 'interrupted' }); // prettier-ignore
      await expect(persistence.compact({ signal, free: 1000, minAge: 0 })).rejects.toMatchObject({ code: 'interrupted' }); // prettier-ignore
      expect(readFileSync(`${path}.1`, 'utf8')).toBe(OLD.repeat(300));
    });
  });

  test('one of whose files is a directory, or has another name in the set', async () => {
    const path = tempLog(records(0, 10));
    mkdirSync(`${path}.1`);
    await withSystem(set(path), async (system) => {
      const { persistence } = system;
      await expect(persistence.compact()).rejects.toMatchObject({ code: expect.any(String) as string }); // prettier-ignore
      await system.check().catch((error: unknown) => expect(error).toMatchObject({ code: expect.any(String) as string })); // prettier-ignore
      rmSync(`${path}.1`, { recursive: true });
      linkSync(path, `${path}.1`);
      const twice = await persistence.compact({ dryRun: true }).catch((error: unknown) => error);
      expect(twice).toBeDefined();
    });
  });
});

describe('a module of the application', () => {
  /** With these functions beside `compact()`. */
  function withModule(functions: string): OpenOptions {
    const directory = tempDirectory();
    writeFileSync(join(directory, 'mine.mjs'), `export default () => ({ name: 'mine', ${functions} });`); // prettier-ignore
    return { persistence: { backend: join(directory, 'mine.mjs'), retention: { max_records: 5 } } };
  }

  test('that tells all there is to tell: the reports have it', async () => {
    const part = '{ name: "a", records: 1, bytes: 2, anomalies: 3, action: "rewritten", removed: 1, bytes_removed: 2, pinned_by: "b" }'; // prettier-ignore
    const report = `{ status: 'compacted', parts: [${part}], warnings: ['careful'] }`;
    const found = `{ parts: [${part}], warnings: ['careful'], anomalies: { found: [{ kind: 'CORRUPTED_LINE' }] } }`; // prettier-ignore
    const options = withModule(`compact: () => (${report}), scan: () => ({ parts: [${part}, { name: 'c' }], warnings: ['careful'] }), recover: () => (${found})`); // prettier-ignore
    await withSystem(options, async (system) => {
      const { persistence } = system;
      expect(await persistence.compact()).toMatchObject({ parts: [{ name: 'a', pinned_by: 'b' }], warnings: ['careful'] }); // prettier-ignore
      expect(await persistence.scan()).toMatchObject({ parts: [{ name: 'a', anomalies: 3 }, { name: 'c', records: 0 }], warnings: expect.arrayContaining(['careful']) as string[] }); // prettier-ignore
      expect(await persistence.recover()).toMatchObject({ parts: [{ removed: 1 }], warnings: ['careful'] }); // prettier-ignore
      expect((await system.check()).warnings).toEqual([]);
    });
  });

  test('that says a recovery was a dry run, or nothing in a dry run', async () => {
    await withSystem(
      withModule(
        `compact: () => null, recover: ({ dryRun }) => (dryRun ? null : { status: 'dry_run' })`,
      ),
      async ({ persistence }) => {
        expect((await persistence.recover({ dryRun: true })).status).toBe('dry_run');
        await expect(persistence.recover()).rejects.toMatchObject({ hint: expect.stringContaining('not dry_run') as string }); // prettier-ignore
      },
    );
  });

  test.each([
    ['a text', 'throw "boom"', 'boom'],
    ['an error', 'throw new Error("boom")', 'boom'],
    ['nothing', 'throw undefined', 'undefined'],
  ])('that throws %s, in a run or when it is loaded', async (_what, body, message) => {
    await withSystem(withModule(`compact: () => { ${body} }`), async ({ persistence }) => {
      await expect(persistence.compact({ dryRun: true })).rejects.toMatchObject({ message: expect.stringContaining(message) as string }); // prettier-ignore
    });
    const directory = tempDirectory();
    writeFileSync(join(directory, 'mine.mjs'), `${body};`);
    await expect(openSystem({ persistence: { backend: join(directory, 'mine.mjs') } })).rejects.toMatchObject({ message: expect.stringContaining(message) as string }); // prettier-ignore
  });

  test('that gives records as bytes or texts: they are listed, also the newest of them', async () => {
    const given = `[Buffer.from('{"kind": "event", "timestamp": 4000000001}'), '{"kind": "audit",\\n "timestamp": 4000000002}', 'garbage', '{"kind": "other", "timestamp": 4000000003}']`; // prettier-ignore
    const options = withModule(
      `compact: () => null, records: async function* () { yield* ${given}; }`,
    );
    await withSystem(options, async ({ inspect }) => {
      expect((await all(inspect.records())).map(({ kind }) => kind)).toEqual(['event', 'audit']);
      expect(await all(inspect.records({ limit: 1, newestFirst: true }))).toMatchObject([{ kind: 'audit' }]); // prettier-ignore
      expect(await all(inspect.records({ newestFirst: true }))).toHaveLength(2);
      await expect(all(inspect.records({ follow: true }))).rejects.toMatchObject({ code: 'usage' });
    });
  });
});
