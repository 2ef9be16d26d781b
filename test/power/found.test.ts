// What power loss found in papyra, each as the state or the order of calls in which it showed.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { papyra } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { EXPIRED, LATE, NEXT, row, text } from './checks.js';
import { record } from './recorder.js';

const KEPT = row(0, 20);
const HEAD = text(Array(30).fill(EXPIRED) as string[]);

function logWith(content: string): { root: string; log: string; data: string } {
  const root = join(tempDirectory(), 'root');
  const data = join(root, 'data');
  mkdirSync(data, { recursive: true });
  mkdirSync(join(root, 'archive'));
  const log = join(data, 'events.ndjson');
  writeFileSync(log, content);
  return { root, log, data };
}

const compact = (log: string, ...more: string[]): string[] => ['persistence', 'compact', '--path', log, '--max-age', '52w', ...more]; // prettier-ignore

// write log N+1, the newline of a recovery; the length came to the disk, the byte did not.
test('a last record behind which a power loss left a NUL for its newline gets the newline from the next recovery', async () => {
  for (const nuls of [1, 5000]) {
    const { log } = logWith(text(KEPT).trimEnd() + '\0'.repeat(nuls));
    const run = await papyra(['persistence', 'recover', '--path', log, '--max-drop', '100%']);
    expect({ code: run.code, left: readFileSync(log, 'utf8') }).toEqual({ code: 0, left: text(KEPT) }); // prettier-ignore
  }
});

// rename; write log: a late record; its length came to the disk, its bytes did not; then the runtime appended.
test('a record that the runtime appends behind NULs, where a power loss undid what a drain wrote, is there as a line of its own after the next run', async () => {
  for (const begun of ['', LATE[0]!.slice(0, 20)]) {
    const torn = begun + '\0'.repeat(112 - begun.length);
    const { log, data } = logWith(`${text(KEPT)}${torn}${NEXT}\n`);
    const old = HEAD + text(KEPT);
    writeFileSync(join(data, `.events.ndjson.papyra.old.${old.length}.${text(KEPT).length}`), old + text(LATE)); // prettier-ignore
    const { code } = await papyra(compact(log));
    const lines = readFileSync(log, 'utf8').split('\n');
    const counts = [...KEPT, ...LATE, NEXT].map((line) => lines.filter((one) => one === line).length); // prettier-ignore
    expect({ code, counts: new Set(counts) }).toEqual({ code: 0, counts: new Set([1]) });
    expect(readdirSync(data).filter((name) => name.includes('.old.'))).toEqual([]);
  }
});

// create textfile.tmp; write; rename; the name came to the disk, the bytes did not: no later run took it for its own.
test('the metrics textfile is synced before it gets its name', async () => {
  const { root, log } = logWith(HEAD + text(KEPT));
  const config = join(root, 'config.json');
  writeFileSync(config, JSON.stringify({ persistence: { backend: 'json', path: log, retention: { max_age_seconds: '52w' } }, metrics: { textfile: join(root, 'papyra.prom') } })); // prettier-ignore
  const { operations, run } = await record(root, ['persistence', 'compact', '--config', config]);
  expect(run.code).toBe(0);
  const at = operations.findIndex((one) => one.do === 'rename' && one.name === 'papyra.prom');
  const rename = operations[at] as { inode: number };
  const before = operations.slice(0, at).filter((one) => 'inode' in one && one.inode === rename.inode); // prettier-ignore
  expect(before.at(-1)?.do).toBe('sync');
});

// create archive.tmp; the machine boots again: with the id of the boot in its name nobody found it any more.
test('what a run left of an archive is removed by the next one, also after a reboot', async () => {
  const { root, log, data } = logWith(HEAD + text(KEPT));
  const archive = join(root, 'archive');
  const { operations, run } = await record(root, compact(log, '--archive', archive));
  expect(run.code).toBe(0);
  const remembered = operations.findIndex((one) => one.do === 'rename' && one.name.endsWith('.archive.json')); // prettier-ignore
  const created = operations.findIndex((one) => one.do === 'create' && /^\.papyra-archive_.*\.tmp$/.test(one.name)); // prettier-ignore
  expect(remembered).toBeLessThan(created);
  const memory = readFileSync(join(data, '.papyra/events.ndjson.archive.json'), 'utf8');
  const { store_id } = JSON.parse(memory) as { store_id: string };
  const { name } = operations[created] as { name: string };
  expect(name).toBe(`.papyra-archive_events.ndjson_${store_id}.tmp`);
  writeFileSync(join(archive, name), 'half');
  writeFileSync(log, HEAD + text(KEPT));
  expect((await papyra(compact(log, '--archive', archive))).code).toBe(0);
  expect(readdirSync(archive).filter((one) => one.endsWith('.tmp'))).toEqual([]);
});

// a writer appends and does not sync; rename index.tmp; the index came to the disk, what it speaks of did not.
test('a log is synced before the index that speaks of its lines gets its name', async () => {
  const { root, log } = logWith(text(Array.from({ length: 4200 }, (_, n) => `{"n": ${n}, "timestamp": 1700000000.5, "pad": "${'x'.repeat(2000)}"}`))); // prettier-ignore
  const { operations, start, run } = await record(root, ['persistence', 'compact', '--path', log, '--max-age', '1000w']); // prettier-ignore
  expect(run.code).toBe(0);
  const data = start.entries.get(start.root)!.get('data')!;
  const inode = start.entries.get(data)!.get('events.ndjson');
  const indexed = operations.findIndex((one) => one.do === 'rename' && one.name.endsWith('.index')); // prettier-ignore
  const synced = operations.findIndex((one) => one.do === 'sync' && one.inode === inode);
  expect(synced).toBeGreaterThan(-1);
  expect(synced).toBeLessThan(indexed);
});
