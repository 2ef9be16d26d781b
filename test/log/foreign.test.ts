import { execaSync } from 'execa';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fillers } from '../../src/files/filler.js';
import { foreignForm, HEAD_BYTES } from '../../src/log/foreign/detect.js';
import type { ForeignForm } from '../../src/log/foreign/form.js';
import { agrees, type LineCounts } from '../../src/log/foreign/look.js';
import { jsonValueAt } from '../../src/log/foreign/json-value.js';
import { LineScanner } from '../../src/records/scanner.js';
import { damagedStore } from '../support/damage.js';
import { drawLog } from '../support/odd-log.js';
import { mutate } from '../support/mutate.js';
import { ROOT, SHARED_DATA } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { records } from '../support/records.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const LOG = [...records({ seed: 7, count: 400, start: 1_790_000_000, step: 60, odd: false })];
const objects = (count = 400) => LOG.slice(0, count).map((line) => JSON.parse(line) as Entry);
const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');

interface Entry extends Record<string, unknown> {
  timestamp: number;
}

/** What a file is said to be: of kind `file` its form alone. */
function formOf(content: string | Uint8Array): string | undefined {
  const form = foreignForm(Buffer.from(content).subarray(0, HEAD_BYTES));
  if (!form) return undefined;
  if (form.kind === 'file') return form.form;
  return Object.values(form).join(' ');
}

/** Whether a line of it is a dated record. */
function hasRecord(content: Buffer): boolean {
  let found = false;
  new LineScanner((kind) => (found ||= kind === 'record')).push(content);
  return found;
}

/** The records, each changed. */
const changed = (change: (entry: Entry) => object) =>
  lines(objects().map((entry) => JSON.stringify(change(entry))));

const withTime = (change: (timestamp: number) => unknown) =>
  changed((entry) => ({ ...entry, timestamp: change(entry.timestamp) }));

const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Made by the tool that makes such files. */
function packed(command: string[], content = lines(LOG)): Buffer {
  const [program, ...args] = command;
  const { stdout } = execaSync(program!, args, { input: content, encoding: 'buffer' });
  return Buffer.from(stdout);
}

function tarOf(content: string): Buffer {
  const log = tempLog(content);
  return packed(['tar', '-C', dirname(log), '-cf', '-', 'events.ndjson'], '');
}

const PYTHON = {
  zip: 'import sys,zipfile,io; b=io.BytesIO(); z=zipfile.ZipFile(b,"w"); z.writestr("events.ndjson",sys.stdin.read()); z.close(); sys.stdout.buffer.write(b.getvalue())',
  sqlite:
    'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute("create table e(d text)"); c.executemany("insert into e values(?)",[(l,) for l in sys.stdin]); c.commit()',
  pickle:
    'import sys,pickle,json; pickle.dump([json.loads(l) for l in sys.stdin],sys.stdout.buffer)',
  struct:
    'import sys,struct,json; [sys.stdout.buffer.write(struct.pack("<dIH",json.loads(l)["timestamp"],i,7)) for i,l in enumerate(sys.stdin)]',
};

function sqliteOf(content: string): Buffer {
  const file = join(tempDirectory(), 'events.db');
  execaSync('python3', ['-c', PYTHON.sqlite, file], { input: content });
  return readFileSync(file);
}

const UTF16BE = Buffer.from(lines(LOG), 'utf16le').swap16();

describe('a file that is no log is known by its form', () => {
  test.each<[string, string, () => string | Uint8Array]>([
    ['gzip', 'gzip', () => gzipSync(lines(LOG))],
    ['gzip of almost nothing', 'gzip', () => gzipSync('{}')],
    ['bzip2', 'bzip2', () => Buffer.from('425a6839314159265359' + '7b22'.repeat(40), 'hex')],
    ['bzip2 of nothing', 'bzip2', () => Buffer.from('425a683917724538509000000000', 'hex')],
    ['xz', 'xz', () => Buffer.from('fd377a585a000004e6d6b446' + '7b22'.repeat(40), 'hex')],
    ['zstd', 'zstd', () => Buffer.from('28b52ffd0458a90100' + '7b226b696e64223a'.repeat(4), 'hex')],
    ['lz4', 'lz4', () => Buffer.from('04224d186440a7' + '7b226b696e64223a'.repeat(4), 'hex')],
    ['a zip with the log as it is', 'zip', () => packed(['python3', '-c', PYTHON.zip])],
    ['a tar, whose lines are records', 'tar', () => tarOf(lines(LOG))],
    ['SQLite', 'sqlite', () => sqliteOf(lines(LOG))],
    ['Parquet', 'parquet', () => Buffer.from('PAR1\x15\x04\x15\x10\x15\x14', 'latin1')],
    ['a dump of Redis', 'redis_dump', () => 'REDIS0011\xfa\tredis-ver'],
    ['UTF-16 with a mark', 'utf16', () => Buffer.from(`\ufeff${lines(LOG)}`, 'utf16le')],
    ['UTF-16, little end first', 'utf16le', () => Buffer.from(lines(LOG), 'utf16le')],
    ['UTF-16, big end first', 'utf16be', () => UTF16BE],
    ['an array of one line', 'json_array', () => JSON.stringify(objects())],
    ['a short array of one line', 'json_array', () => `${JSON.stringify(objects(2))}\n`],
    ['an array, an element a line', 'json_array', () => `[\n${LOG.join(',\n')}\n]\n`],
    ['a short one', 'json_array', () => `[\n${LOG.slice(0, 3).join(',\n')}\n]\n`],
    ['an array, commas in front', 'json_array', () => `[\n  ${LOG.join('\n, ')}\n]\n`],
    ['an array, commas on their own', 'json_array', () => `[\n${LOG.join('\n,\n')}\n]\n`],
    ['an array, indented', 'json_array', () => JSON.stringify(objects(), null, 2)],
    ['an array behind a mark', 'json_array', () => `\ufeff${JSON.stringify(objects(), null, 2)}`],
    ['a document', 'json_document', () => JSON.stringify({ events: objects() }, null, 2)],
    ['a short one', 'json_document', () => JSON.stringify({ events: objects(2) }, null, '\t')],
    [
      'one with records',
      'json_document',
      () => `{"events": [\n${LOG.slice(0, 4).join(',\n')}\n]}\n`,
    ],
    ['one object, indented', 'json_document', () => JSON.stringify(objects(1)[0], null, 2)],
    ['objects, indented', 'json_over_lines', () => lines(objects().map((entry) => JSON.stringify(entry, null, 4)))], // prettier-ignore
    ['CSV', 'csv', () => lines(['timestamp,kind,payload', ...LOG.map((line) => `1,event,"${line.replaceAll('"', '""')}"`)])], // prettier-ignore
    ['tabs', 'csv', () => lines(['ts\tkind\tactor', '1\tevent\t7', '2\tevent\t8'])],
    ['a text log', 'text', () => lines(LOG.map((_, at) => `2026-11-22T05:00:${at % 60}Z INFO actor ${at} started`))], // prettier-ignore
    ['one with records in it', 'text', () => lines(LOG.map((line) => `2026-11-22 05:00:00,123 INFO ${line}`))], // prettier-ignore
    ['syslog', 'text', () => lines(LOG.map((line) => `Nov  2 05:00:00 host app[12]: ${line}`))],
    ['an access log', 'text', () => lines(LOG.map(() => '127.0.0.1 - - [22/Nov/2026:05:00:00 +0000] "GET / HTTP/1.1" 200 5'))], // prettier-ignore
    ['prose', 'text', () => readFileSync(join(ROOT, 'LICENSE'))], // prettier-ignore
    ['a pickle', 'binary', () => packed(['python3', '-c', PYTHON.pickle])],
    ['packed numbers', 'binary', () => packed(['python3', '-c', PYTHON.struct])],
    ['a program', 'binary', () => readFileSync(process.execPath).subarray(0, HEAD_BYTES)],
    ['a byte order mark before a log', 'mark', () => `\ufeff${lines(LOG)}`],
    ['milliseconds', 'unit milliseconds', () => withTime((t) => Math.round(t * 1000))],
    ['one record in milliseconds', 'unit milliseconds', () => '{"timestamp": 1790000000000}\n'],
    ['microseconds', 'unit microseconds', () => withTime((t) => Math.round(t * 1e6))],
    ['nanoseconds', 'unit nanoseconds', () => withTime((t) => t * 1e9)],
    ['ISO texts', 'text timestamp', () => withTime(isoOf)],
    ['days', 'text timestamp', () => withTime((t) => isoOf(t).slice(0, 10))],
    ['ISO texts elsewhere', 'text time', () => changed(({ timestamp, ...rest }) => ({ time: isoOf(timestamp), ...rest }))], // prettier-ignore
    ['numbers elsewhere', 'key ts', () => changed(({ timestamp, ...rest }) => ({ ts: timestamp, ...rest }))], // prettier-ignore
    ['milliseconds elsewhere', 'key time', () => changed(({ timestamp, ...rest }) => ({ time: timestamp * 1000, ...rest }))], // prettier-ignore
  ])('%s: %s', (_what, form, content) => {
    expect(formOf(content())).toBe(form);
  });
});

describe('a log is never taken for something else, whatever happened to it', () => {
  test
    .runIf(existsSync(SHARED_DATA))
    .each([
      'json/events.ndjson',
      'redis/streams.ndjson',
      'rotating/events.log',
      'rotating/events.log.4',
    ])('%s, from any line on', (name) => {
    const content = readFileSync(join(SHARED_DATA, name));
    for (let at = 0; at < content.length - 1; at = content.indexOf(0x0a, at) + 1) {
      expect(formOf(content.subarray(at))).toBeUndefined();
      if (at > 20_000) break;
    }
  });

  const log = Buffer.from(lines(LOG));
  const large = lines(LOG.slice(0, 3).map((line) => line.replace('{', `{"pad": "${'ü x'.repeat(HEAD_BYTES)}", `))); // prettier-ignore

  test.each<[string, string | Uint8Array]>([
    ['empty', ''],
    ['zeros alone', Buffer.alloc(HEAD_BYTES)],
    ['zeros at its start', Buffer.concat([Buffer.alloc(4096), log])],
    ['zeros before all that is read', Buffer.concat([Buffer.alloc(HEAD_BYTES + 1), log])],
    ['zeros, and a piece of a record', Buffer.concat([Buffer.alloc(4096), log.subarray(0, 90)])],
    ['noise at its start', Buffer.concat([gzipSync(log).subarray(0, 4096), log])],
    ['blank lines', '\n \n\n\t\n'],
    ['fillers', Buffer.concat([...fillers('0123456789', 5000), log])],
    ['half a filler', Buffer.concat([...fillers('0123456789', 5000), log]).subarray(4000)],
    ['records of more than 64 KiB', large],
    ['the end of one', large.slice(HEAD_BYTES)],
    ['a record that was torn', log.subarray(0, 100)],
    ['a record that was torn in front of a line', Buffer.concat([log.subarray(0, 100), Buffer.from('\n'), log])], // prettier-ignore
    ['one that ends where a value is missing', Buffer.concat([Buffer.from('{"a":\n'), log])],
    ['one that ends behind a bracket', Buffer.concat([Buffer.from('{"a": [\n'), log.subarray(0, LOG[0]!.length + 1)])], // prettier-ignore
    ['a bracket on a line', Buffer.concat([Buffer.from('[\n'), log])],
    ['a bracket and one record', `[\n${LOG[0]!}\n`],
    ['an array on a line', `[{"a": 1}]\n${lines(LOG)}`],
    ['a torn array', '[{"a": 1'],
    ['arrays of other things', '[]\n[1]\n"text"\n5\n'],
    ['undated records', lines(objects().map((entry) => JSON.stringify({ ...entry, timestamp: undefined })))], // prettier-ignore
    ['undated kinds with other times', lines(objects().map((entry, at) => JSON.stringify(at % 3 ? { kind: 'odd' } : { ...entry, timestamp: undefined, time: isoOf(5) })))], // prettier-ignore
    ['dated ones, and texts', lines(['{"timestamp": "2026-01-01T00:00:00Z"}', ...LOG])],
    ['one wrong unit', lines(['{"timestamp": 1790000000000}', ...LOG])],
    ['far ahead', lines(['{"timestamp": 99999999999}'])],
    ['a few lines of text', 'Traceback\nValueError\n'],
    ['text, then records', `${'starting the actor system\n'.repeat(50)}${lines(LOG)}`],
    ['torn records alone', lines(LOG.map((line) => line.slice(0, 40)))],
    ['ends of records alone', lines(LOG.map((line) => line.slice(40)))],
    ['the values of records', lines(LOG.map((line, at) => line.slice(9 + (at % 30), 60)))],
    ['the middles of records', lines(LOG.map((line) => line.slice(31, 47)))],
    ['bytes that are no UTF-8', lines(LOG).replaceAll('event', '\xff\xfe')],
  ])('%s', (_what, content) => {
    expect(formOf(content)).toBeUndefined();
    if (typeof content === 'string') expect(formOf(Buffer.from(content, 'latin1'))).toBeUndefined();
  });

  test('torn, bent and mixed up at random', () => {
    const random = new Random(testSeed('foreign'));
    for (let round = 0; round < 400; round++) {
      const content = drawLog(random, 1 + random.below(40), random.pick([0.1, 0.5, 1]));
      const cut = content.subarray(random.below(content.length));
      expect([cut.toString('latin1'), formOf(cut)]).toEqual([cut.toString('latin1'), undefined]);
    }
  });

  test('damaged stores, whatever is in them', () => {
    const first = testSeed('foreign, damaged');
    for (let seed = first; seed < first + 300; seed++) {
      const { files } = damagedStore(new Random(seed), seed % 2 ? 'json' : 'rotating');
      for (const { content } of files) {
        const form = formOf(content);
        if (content.toString('utf8').startsWith('\ufeff{')) continue;
        // An array alone in a file is an array, and lines of words are words.
        if (form === undefined || ['json_array', 'text'].includes(form)) continue;
        expect([seed, form]).toEqual([seed, undefined]);
      }
      const unmarked = files.filter(({ content }) => content[0] !== 0xef);
      const whole = unmarked.filter(({ content }) => hasRecord(content.subarray(0, HEAD_BYTES)));
      expect(whole.map(({ content }) => formOf(content))).toEqual(whole.map(() => undefined));
    }
  });

  test('any piece of a record, with and without a line below it', () => {
    const line = log.subarray(0, log.indexOf(0x0a));
    for (let from = 0; from < line.length; from++) {
      for (const to of [from + 1, from + 20, line.length]) {
        const piece = line.subarray(from, to).toString('latin1');
        for (const end of ['', '\n', `\n${LOG[0]!}\n`, `${LOG[0]!}\n`]) {
          expect([piece + end, formOf(piece + end)]).toEqual([piece + end, undefined]);
        }
      }
    }
  });
});

describe('the first JSON value of a text', () => {
  test('is one exactly when Python and JavaScript read it, or when more text could make it one', () => {
    const random = new Random(testSeed('json value'));
    for (let round = 0; round < 2000; round++) {
      const text = JSON.stringify(objects(3)[random.below(3)], null, random.below(2));
      const bent = mutate(Buffer.from(text), random).toString('latin1');
      const value = jsonValueAt(bent);
      let parsed: unknown;
      try {
        parsed = JSON.parse(bent);
      } catch {
        parsed = undefined;
      }
      if (typeof parsed === 'object') expect(value?.end).toBe(bent.trimEnd().length);
      const cut = text.slice(0, 1 + random.below(text.length - 1));
      expect(jsonValueAt(cut)).toMatchObject({ opens: '{', end: null });
    }
    const odd = '{"a": [1, NaN, -Infinity, "\\"]"]}';
    expect(jsonValueAt(`${odd} x`)?.end).toBe(odd.length);
    for (const bad of ['', '5', '{"a" 1}', '{"a": 1,}', '[1 2]', '[,]', '{]', '["a\n"]', '[tru]']) {
      expect([bad, jsonValueAt(bad)]).toEqual([bad, undefined]);
    }
  });
});

describe('what a scan counted can speak against the first bytes', () => {
  const counts = (change: Partial<LineCounts>): LineCounts => ({
    ...{ readable: 0, undated: 0, unreadable: 0, newest: NaN },
    ...change,
  });
  const file = (form: string) => ({ kind: 'file', form }) as ForeignForm;

  test.each<[ForeignForm, Partial<LineCounts>, boolean]>([
    [file('gzip'), { unreadable: 100, readable: 1 }, true],
    [file('gzip'), { unreadable: 1, readable: 100 }, false],
    [file('text'), { unreadable: 1000, readable: 1000 }, false],
    [file('tar'), { unreadable: 1, readable: 1000 }, true],
    [file('json_array'), { unreadable: 1, readable: 1 }, true],
    [file('json_array'), { unreadable: 1, readable: 3 }, false],
    [file('json_array'), {}, true],
    [{ kind: 'mark' }, { unreadable: 1, readable: 1000 }, true],
    [{ kind: 'unit', unit: 'milliseconds' }, { readable: 5, newest: 1.79e12 }, true],
    [{ kind: 'unit', unit: 'milliseconds' }, { readable: 5, newest: 1.79e15 }, false],
    [{ kind: 'text', key: 'timestamp' }, { readable: 10, undated: 10 }, true],
    [{ kind: 'text', key: 'timestamp' }, { readable: 10, undated: 5, newest: 1.79e9 }, false],
  ])('%o with %o: %s', (form, change, answer) => {
    expect(agrees(form, counts(change))).toBe(answer);
  });
});
