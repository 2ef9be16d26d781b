import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Anomaly, RecoveryReport, ScanReport } from '../../src/index.js';
import {
  damagedStore,
  tornTails,
  writeStore,
  type DamagedStore,
  type ExpectedAnomaly,
} from '../support/damage.js';
import { papyra } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';

const STORES = process.env['PAPYRA_SOAK'] === '1' ? 500 : 8;

const flagsOf = ({ backend, maxFiles }: DamagedStore, log: string): string[] => [
  ...['--json', '--path', log, '--limit', '100000'],
  ...(backend === 'rotating' ? ['--backend', 'rotating', '--max-files', `${maxFiles}`] : []),
];

interface Reports {
  scan: ScanReport;
  recover: RecoveryReport;
}

async function run<C extends keyof Reports>(
  command: C,
  store: DamagedStore,
  log: string,
  flags: string[] = [],
): Promise<{ code: number; stderr: string; report: Reports[C] }> {
  const { code, stdout, stderr } = await papyra(['persistence', command, ...flagsOf(store, log), ...flags]); // prettier-ignore
  return { code, stderr, report: JSON.parse(stdout || 'null') as Reports[C] };
}

/** Where an anomaly is, as the generator says it. */
function placeOf(directory: string) {
  return ({ kind, file, line, offset, bytes }: Anomaly) => {
    const isWhole = kind === 'ORPHANED_ROTATED_FILE' || kind === 'UNEXPECTED_FILE';
    return {
      kind,
      file: file!.slice(directory.length + 1),
      line,
      offset,
      bytes: isWhole ? null : bytes,
    };
  };
}

/** The files of a directory have no order of their own. */
const inOrder = <T extends { kind: string; file: string }>(all: T[]): T[] => [
  ...all.filter(({ kind }) => !kind.endsWith('_FILE')),
  ...all.filter(({ kind }) => kind.endsWith('_FILE')).sort((one, other) => (one.file < other.file ? -1 : 1)),
]; // prettier-ignore

const whereIs = ({ kind, file, line, offset, bytes }: ExpectedAnomaly) => ({ kind, file, line, offset, bytes }); // prettier-ignore

const contents = (directory: string): Record<string, string> =>
  Object.fromEntries(readdirSync(directory).filter((name) => !/^\.(?:papyra$|.*\.papyra\.lock$)/.test(name)).map((name) => [name, readFileSync(join(directory, name), 'latin1')])); // prettier-ignore

/** The whole way: scan, dry run, recovery, scan, recovery. Each step says what the next one finds. */
async function expectRecovered(store: DamagedStore): Promise<void> {
  const directory = tempDirectory();
  const log = writeStore(directory, store);
  const before = contents(directory);
  const names = readdirSync(directory);
  const what = `seed ${store.seed}, ${store.backend}`;
  const wanted = inOrder(store.anomalies.map(whereIs));
  const lasting = wanted.filter(({ kind }) => kind.endsWith('_FILE'));

  const scan = await run('scan', store, log);
  expect(inOrder(scan.report.anomalies.listed.map(placeOf(directory))), `${what}: scan`).toEqual(
    wanted,
  );
  expect({ code: scan.code, total: scan.report.anomalies.total }, what).toEqual({ code: wanted.length > 0 ? 2 : 0, total: wanted.length }); // prettier-ignore
  expect(scan.report.bytes.anomalous, what).toBe(store.bytesGoing);

  const dry = await run('recover', store, log, ['--dry-run', '--max-drop', '100%']);
  expect(contents(directory), `${what}: dry run`).toEqual(before);
  expect(readdirSync(directory), `${what}: dry run`).toEqual(names);
  const words = ({ kind, offset, detail }: Anomaly) => ({ kind, offset, detail });
  expect(dry.report.anomalies.found.listed.map(words), `${what}: dry run`).toEqual(scan.report.anomalies.listed.map(words)); // prettier-ignore

  const done = await run('recover', store, log, ['--max-drop', '100%']);
  expect({ code: done.code, found: done.report.anomalies.found.total, removed: done.report.bytes.removed }, what)
    .toEqual({ code: lasting.length > 0 ? 3 : 0, found: wanted.length, removed: store.bytesGoing }); // prettier-ignore
  expect({ ...done.report, status: '', started_at: '', duration_ms: 0 }, `${what}: dry run`).toEqual({ ...dry.report, status: '', started_at: '', duration_ms: 0 }); // prettier-ignore
  expect(dry.code, what).toBe(done.code);
  const after = new Map([
    ...store.files.map(({ name, recovered }) => [name, recovered.toString('latin1')] as const),
    ...store.others.map(({ name, content }) => [name, content.toString('latin1')] as const),
  ]);
  expect(contents(directory), `${what}: recovery`).toEqual(Object.fromEntries(after));

  const again = await run('scan', store, log);
  expect(inOrder(again.report.anomalies.listed.map(placeOf(directory))), `${what}: second scan`).toEqual(lasting); // prettier-ignore
  const inodes = store.files.map(({ name }) => statSync(join(directory, name)).ino);
  const second = await run('recover', store, log);
  expect(second.report.status, what).toBe('clean');
  expect(
    store.files.map(({ name }) => statSync(join(directory, name)).ino),
    what,
  ).toEqual(inodes);
}

const seed = testSeed('damaged stores');

test.each(['json', 'rotating'] as const)('%s: scan names each fault of a damaged store, recovery removes those bytes and no others', async (backend) => {
  for (let n = 0; n < STORES; n++) await expectRecovered(damagedStore(new Random(seed + n), backend));
}, 1_200_000); // prettier-ignore

test('a record that is torn behind any of its bytes is cut off; a whole one gets its newline', async () => {
  const all = [...tornTails(new Random(seed))];
  const step = process.env['PAPYRA_SOAK'] === '1' ? 1 : Math.ceil(all.length / 12);
  for (const store of all.filter((_, at) => at % step === 0 || at === all.length - 1))
    await expectRecovered(store);
}, 600_000);

test('quarantine keeps every byte that goes, with its place, and moves orphaned files', async () => {
  for (let n = 0; n < STORES / 5; n++) {
    const store = damagedStore(new Random(seed + n), 'rotating');
    const directory = tempDirectory();
    const log = writeStore(directory, store);
    const quarantine = join(directory, 'quarantine');
    const { report, stderr } = await run('recover', store, log, ['--mode', 'quarantine', '--quarantine-dir', quarantine, '--max-drop', '100%']); // prettier-ignore
    expect(report, stderr).not.toBeNull();
    const files = existsSync(quarantine) ? readdirSync(quarantine) : [];
    const lines = files.filter((name) => name.endsWith('.ndjson')).flatMap((name) => readFileSync(join(quarantine, name), 'utf8').trimEnd().split('\n')); // prettier-ignore
    const kept = lines.map((line) => JSON.parse(line) as { kind: string; file: string; line: number; offset: number; bytes: number; encoding: BufferEncoding; data: string }); // prettier-ignore
    const wanted = store.anomalies.filter(({ kind, fault }) => !kind.endsWith('_FILE') && fault !== 'whole tail');
    expect(kept.map((one) => ({ kind: one.kind, file: one.file.slice(directory.length + 1), line: one.line, offset: one.offset, bytes: one.bytes })), `seed ${store.seed}`)
      .toEqual(wanted.map(whereIs)); // prettier-ignore
    for (const { file, offset, bytes, encoding, data } of kept) {
      const { content } = store.files.find(({ name }) => join(directory, name) === file)!;
      expect(Buffer.from(data, encoding).equals(content.subarray(offset, offset + bytes))).toBe(true);
    }
    for (const orphan of store.anomalies.filter(({ kind }) => kind === 'ORPHANED_ROTATED_FILE')) {
      expect(existsSync(join(directory, orphan.file))).toBe(false);
      const moved = files.find((name) => name.startsWith(`${orphan.file}.quarantine.`))!;
      expect(readFileSync(join(quarantine, moved)).equals(store.others.find(({ name }) => name === orphan.file)!.content)).toBe(true); // prettier-ignore
    }
  }
}, 600_000); // prettier-ignore
