import { execa } from 'execa';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { placeOrSkip, title } from '../places/log.js';
import { afterwards, disk } from '../support/mounts.js';
import { tempLog } from '../support/temp.js';
import { compact, isRoot, PLAIN_USER, publicInstall } from '../support/papyra.js';

const MB = 1_000_000;
const ASKED = 64 * MB;
const NOW = Date.now() / 1000;
const PAD = 'x'.repeat(900);

/** Records of about 1 KB from a day ago to an hour and a half ago, then some of the last hour. */
function records(bytes: number, old: boolean, from = 0): string {
  const lines: string[] = [];
  const count = Math.ceil(bytes / 985);
  const [start, span] = old ? [NOW - 86_400, 81_000] : [NOW - 3000, 2900];
  for (let n = 0; n < count; n++) {
    const timestamp = (start + (span * n) / count).toFixed(3);
    lines.push(`{"kind": "event", "n": ${from + n}, "timestamp": ${timestamp}, "pad": "${PAD}"}\n`);
  }
  return lines.join('');
}

/** Writes until nothing goes in any more, for root either. */
function fill(place: string): void {
  const fd = openSync(join(place, 'ballast'), 'w');
  try {
    for (let bytes = 1 << 20; bytes > 0;) {
      try {
        writeSync(fd, Buffer.alloc(bytes, 'z'));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
        bytes >>= 1;
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** Appends as the runtime does, and prints the number of each record that was taken whole. */
const WRITER = `
import os, signal, sys, time
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
n = 0
print("ready", flush=True)
while not stop:
    line = b'{"kind": "event", "live": %d, "timestamp": %.3f}\\n' % (n, time.time())
    try:
        fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        if os.write(fd, line) == len(line):
            print(n, flush=True)
        os.close(fd)
    except OSError:
        pass
    n += 1
    time.sleep(0.002)
`;

async function startWriter(log: string) {
  const child = execa('python3', ['-c', WRITER, log], { reject: false, uid: PLAIN_USER, gid: PLAIN_USER }); // prettier-ignore
  afterwards(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return async (): Promise<string[]> => {
    child.kill('SIGTERM');
    const { stdout, stderr } = await child;
    expect(stderr).toBe('');
    return stdout.split('\n').slice(1);
  };
}

/** XFS makes no file, not even an empty one, where less than this is free. ext4 does with nothing. */
const XFS_LEAST = 512 * 1024;

/** A full disk with a directory of a plain user, whose files are made by `make`. */
function fullDisk(kind: 'ext4' | 'xfs', make: (data: string) => void) {
  const megabytes = { ext4: 256, xfs: 300 }[kind];
  const place = disk(kind, [], megabytes);
  const data = join(place, 'data');
  mkdirSync(data);
  make(data);
  for (const path of ['', ...readdirSync(data)])
    chownSync(join(data, path), PLAIN_USER, PLAIN_USER);
  fill(place);
  if (kind === 'xfs') truncateSync(join(place, 'ballast'), statSync(join(place, 'ballast')).size - XFS_LEAST); // prettier-ignore
  return { data, free: () => statfsSync(place).bfree * statfsSync(place).bsize };
}

const owner = () => ({ bin: publicInstall(), uid: PLAIN_USER, gid: PLAIN_USER });

/** What papyra keeps beside a log, and what the writer appends, takes some of what was freed. */
const BESIDE = 256 * 1024;
/** XFS sets blocks aside behind the end of a file that is written to: many, where it is large. */
function setAside(kind: 'ext4' | 'xfs', log: string): number {
  const { blocks, size } = statSync(log);
  return kind === 'xfs' ? blocks * 512 - size : 0;
}

const FILLERS = /^(?:\{"kind":"compaction","timestamp":0,"nonce":"[0-9a-z]{10}","pad":" *"\}\n)+/;

function expectLiveRecords(text: string, acknowledged: readonly string[]): void {
  expect(acknowledged.length).toBeGreaterThan(0);
  const counts = new Map<string, number>();
  for (const [, n] of text.matchAll(/"live": (\d+), "timestamp": [\d.]+\}\n/g))
    counts.set(n!, (counts.get(n!) ?? 0) + 1);
  expect(acknowledged.filter((n) => counts.get(n) !== 1)).toEqual([]);
}

describe.skipIf(!isRoot).each(['ext4', 'xfs'] as const)(title('%s, full, as a plain user, with a live writer'), (kind) => {
  test('--free gives back at least so much, at most a block more, and nothing above the floor is lost', async ({ skip }) => {
    const [old, young] = [records(150 * MB, true), records(5 * MB, false, 1_000_000)];
    const { data, free } = placeOrSkip(skip, () =>
      fullDisk(kind, (where) => writeFileSync(join(where, 'events.ndjson'), old + young)));
    const log = join(data, 'events.ndjson');
    const stop = await startWriter(log);
    await sleep(300);
    const room = () => free() + setAside(kind, log);
    const had = room();
    const flags = ['--path', log, '--free', `${ASKED}`];
    const dry = await compact([...flags, '--dry-run'], owner());
    expect(dry.code, dry.stderr).toBe(0);
    const { code, report, stderr } = await compact(flags, owner());
    const given = room() - had;
    await sleep(300);
    const acknowledged = await stop();
    expect(code, stderr).toBe(0);
    expect(report).toMatchObject({ status: 'compacted', parts: [{ action: 'collapsed' }] });
    expect(report.records).toMatchObject({ dropped: dry.report.records.dropped });
    expect(report.bytes.reclaimed).toBe(dry.report.bytes.reclaimed);
    expect(report.bytes.reclaimed).toBeGreaterThanOrEqual(ASKED);
    expect(report.bytes.reclaimed).toBeLessThan(ASKED + 4096);
    expect(given).toBeGreaterThan(ASKED - BESIDE);
    expect(given).toBeLessThan(ASKED + (kind === 'xfs' ? BESIDE : 4096));

    const text = readFileSync(log, 'latin1').replace(FILLERS, '');
    const whole = (old + young).split('\n').slice(report.records.dropped!).join('\n');
    expect(text.startsWith(whole)).toBe(true);
    expectLiveRecords(text.slice(whole.length), acknowledged);
    console.log(`${kind}: asked ${ASKED}, freed ${report.bytes.reclaimed}, df ${given}, ${acknowledged.length} live records`);
    expect(readdirSync(data).filter((name) => /papyra\.(tmp|intent|old)/.test(name))).toEqual([]);

    const more = await compact(['--path', log, '--free', '200MB'], owner());
    expect([more.code, more.stderr]).toEqual([65, expect.stringMatching(/at most \d+ can be freed; .* is younger than --min-age 1h/)]);
  }, 120_000);

  test('of a rotating set the oldest files go whole, and of the next one at most a block more than is needed', async ({ skip }) => {
    const files = [records(30 * MB, true), records(30 * MB, true, 100_000), records(30 * MB, true, 200_000), records(30 * MB, true, 300_000), records(5 * MB, false, 1_000_000)];
    const names = [4, 3, 2, 1].map((index) => `events.log.${index}`).concat('events.log');
    const { data, free } = placeOrSkip(skip, () =>
      fullDisk(kind, (where) => files.forEach((text, at) => writeFileSync(join(where, names[at]!), text))));
    const path = join(data, 'events.log');
    const stop = await startWriter(path);
    await sleep(300);
    const room = () => free() + setAside(kind, path);
    const had = room();
    const { code, report, stderr } = await compact(['--path', path, '--backend', 'rotating', '--free', `${ASKED}`], owner());
    const given = room() - had;
    const acknowledged = await stop();
    expect(code, stderr).toBe(0);
    expect(report.parts.map(({ action }) => action)).toEqual(['removed', 'removed', 'collapsed', 'unchanged', 'unchanged']);
    expect(given).toBeGreaterThan(ASKED - BESIDE);
    expect(given).toBeLessThan(ASKED + (kind === 'xfs' ? BESIDE : 3 * 4096));
    const third = readFileSync(join(data, 'events.log.2'), 'latin1').replace(FILLERS, '');
    expect(files[2]!.endsWith(third)).toBe(true);
    expect(readFileSync(join(data, 'events.log.1'), 'latin1') === files[3]).toBe(true);
    const active = readFileSync(path, 'latin1');
    expect(active.startsWith(files[4]!)).toBe(true);
    expectLiveRecords(active.slice(files[4]!.length), acknowledged);
    console.log(`${kind}, a set: asked ${ASKED}, df ${given}, ${acknowledged.length} live records`);
  }, 120_000);
}); // prettier-ignore

describe.skipIf(!isRoot)(title('a place that cannot remove the head of a file'), () => {
  test('btrfs: a log is rewritten where there is room, and the report says why', async ({ skip }) => {
    const place = placeOrSkip(skip, () => disk('btrfs', [], 256));
    const log = join(place, 'events.ndjson');
    writeFileSync(log, records(20 * MB, true) + records(MB, false, 1_000_000));
    await execa('sync');
    const { size } = statSync(log);
    const { code, report, stderr } = await compact(['--path', log, '--free', '8MB']);
    expect(code, stderr).toBe(0);
    expect(report.parts).toMatchObject([{ action: 'rewritten' }]);
    expect(report).toMatchObject({
      freeing: {
        way: expect.stringMatching(/a rewrite.*cannot work on the file system/) as string,
      },
    });
    const gone = size - statSync(log).size;
    expect(gone).toBeGreaterThanOrEqual(8 * MB);
    expect(gone).toBeLessThan(8 * MB + 8192);
  }, 60_000);

  test('btrfs: a process that reads the log would keep the old file: 75 that names it, nothing is done', async ({ skip }) => {
    const place = placeOrSkip(skip, () => disk('btrfs', [], 256));
    const log = join(place, 'events.ndjson');
    writeFileSync(log, records(10 * MB, true) + records(MB, false, 1_000_000));
    await execa('sync');
    const before = readFileSync(log);
    const tail = execa('tail', ['-f', log], { reject: false, buffer: false });
    afterwards(() => tail.kill('SIGKILL'));
    await once(tail.stdout, 'data');
    const { code, stderr } = await compact(['--path', log, '--free', '4MB']);
    expect([code, stderr]).toEqual([75, expect.stringMatching(/pid \d+ \(tail -f .*\) reads/)]);
    expect(readFileSync(log).equals(before)).toBe(true);
  }, 60_000);
}); // prettier-ignore

test('a log with another hard link: 74 that says how many, and nothing is done', async () => {
  const log = tempLog(records(2 * MB, true) + records(MB, false, 1_000_000));
  linkSync(log, join(log, '../copy'));
  const { code, stderr } = await compact(['--path', log, '--free', '1MB']);
  expect([code, stderr]).toEqual([74, expect.stringContaining('1 other hard link')]);
});
