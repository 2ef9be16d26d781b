import {
  appendFileSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { BARE, papyra, ROOT } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { startWriter } from '../live/run.js';
import { faultsOf, spawnPapyra } from './follower.js';

const COMPACTIONS = process.env['PAPYRA_SOAK'] ? 50 : 6;

/** Records that a compaction keeps. */
const STAYING = 400_000;

/** At which a set rotates. It holds more than a compaction keeps. */
const MAX_BYTES = '15000000';
/** Records that take several files. */
const ENOUGH = 250_000;

const line = (n: number) => `{"kind": "event", "n": ${n}, "timestamp": 1790000000.5}\n`;
const linesOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => line(from + at)).join('');

const follow = (path: string, ...flags: string[]) =>
  spawnPapyra(['inspect', 'events', '--json', '--follow', '--path', path, ...flags]);

/** Shows all from the beginning; of what a writer wrote, not what it wrote to be expired. */
const ALL = ['--since', '1000000'];

/** Compacts so often; a run that has to be tried again is. */
async function compact(path: string, times: number, flags: string[]): Promise<void> {
  for (let done = 0; done < times;) {
    const { code, stderr } = await papyra(['persistence', 'compact', '--quiet', '--path', path, ...flags]); // prettier-ignore
    if (code === 0) done += 1;
    else if (code !== 75) throw new Error(`exit ${code}: ${stderr}`);
  }
}

describe('inspect --follow', () => {
  test.each([
    ['rewrites', []],
    ['removals in place', ['--in-place']],
  ])('shows every record of a writer at full speed once, in order, over many %s', async (_, how) => {
    const log = join(tempDirectory(), 'events.ndjson');
    // What goes first. A follower that is further behind than what stays would never see what goes.
    writeFileSync(log, '{"timestamp": 2}\n'.repeat(STAYING));
    const writer = startWriter(log, 'w');
    const follower = follow(log, ...ALL);
    await follower.until(100);
    await compact(log, COMPACTIONS, ['--max-records', String(STAYING), ...how]);
    const count = await writer.stop();
    await follower.until(count);
    await sleep(500);
    const { code, numbers } = await follower.stop();
    expect(faultsOf(numbers, count)).toEqual([]);
    expect(code).toBe(143);
  }, 600_000); // prettier-ignore

  test('shows every record of a rotating writer once, in order, while the set is compacted', async () => {
    const log = join(tempDirectory(), 'events.log');
    writeFileSync(log, '');
    const script = join(ROOT, 'test/live/rotating_writer.py');
    const writer = execa('python3', [script, log, 'w', '0', MAX_BYTES, '4'], { env: BARE, extendEnv: false, reject: false }); // prettier-ignore
    const set = ['--backend', 'rotating', '--max-files', '4', '--max-bytes', MAX_BYTES];
    const follower = follow(log, ...set, ...ALL);
    await follower.until(100);
    for (let round = 0; round < COMPACTIONS || follower.numbers.length < ENOUGH; round++) {
      const { code, stderr } = await papyra(['persistence', 'compact', '--quiet', '--path', log, ...set, '--max-records', '200000', ...(round % 3 === 2 ? ['--in-place'] : [])]); // prettier-ignore
      if (code !== 0 && code !== 75) throw new Error(`exit ${code}: ${stderr}`);
    }
    writer.kill('SIGTERM');
    const [count, rotations] = (await writer).stdout.split(' ').map(Number) as [number, number]; // prettier-ignore
    expect(rotations).toBeGreaterThan(1);
    await follower.until(count);
    await sleep(500);
    const { numbers } = await follower.stop('SIGHUP');
    expect(faultsOf(numbers, count)).toEqual([]);
  }, 600_000); // prettier-ignore

  test('misses no file when a set is rotated several times between two looks', async () => {
    const log = join(tempDirectory(), 'events.log');
    writeFileSync(log, linesOf(0, 10));
    const follower = follow(log, '--backend', 'rotating', '--limit', '100');
    await follower.until(10);
    const rotate = (from: number) => {
      appendFileSync(log, linesOf(from, from + 5));
      for (let index = 3; index >= 0; index--) {
        const name = index === 0 ? log : `${log}.${index}`;
        try {
          renameSync(name, `${log}.${index + 1}`);
        } catch {
          // It is not there yet.
        }
      }
      writeFileSync(log, '');
    };
    for (const from of [10, 15, 20]) rotate(from);
    appendFileSync(log, linesOf(25, 30));
    await follower.until(30);
    const { numbers } = await follower.stop();
    expect(faultsOf(numbers, 30)).toEqual([]);
  });

  test('waits for the end of a line, and for a log that is not there yet', async () => {
    const directory = tempDirectory();
    const log = join(directory, 'events.ndjson');
    const config = join(directory, 'papyra.config.json');
    writeFileSync(config, JSON.stringify({ persistence: { backend: 'json', path: log } }), { mode: 0o600 }); // prettier-ignore
    const follower = spawnPapyra(['inspect', 'events', '--json', '--follow', '--config', config]);
    await sleep(800);
    writeFileSync(log, line(0) + line(1).slice(0, 20));
    await follower.until(1);
    await sleep(500);
    expect(follower.numbers).toEqual([0]);
    appendFileSync(log, line(1).slice(20));
    await follower.until(2);
    expect((await follower.stop()).numbers).toEqual([0, 1]);
    expect(follower.stderr()).toContain('not there yet');
    expect(follower.stderr()).not.toContain('error');
  });

  test('goes on at the beginning when the log was truncated or replaced by an unrelated file', async () => {
    const log = join(tempDirectory(), 'events.ndjson');
    writeFileSync(log, linesOf(0, 10));
    const follower = follow(log);
    await follower.until(10);
    truncateSync(log, 0);
    await sleep(500);
    appendFileSync(log, linesOf(10, 12));
    await follower.until(12);
    renameSync(log, `${log}-moved`);
    writeFileSync(log, linesOf(12, 14));
    await follower.until(14);
    rmSync(log);
    await sleep(500);
    writeFileSync(log, linesOf(14, 16));
    await follower.until(16);
    expect(faultsOf((await follower.stop()).numbers, 16)).toEqual([]);
  });

  test('shows the late records of a replaced file once, whenever they are brought over', async () => {
    const log = join(tempDirectory(), 'events.ndjson');
    const old = join(tempDirectory(), 'old');
    writeFileSync(log, linesOf(0, 10));
    const follower = follow(log);
    await follower.until(10);
    // 10 is late: it comes into the old file, and behind 11 into the new one.
    const kept = readFileSync(log, 'utf8').split('\n').slice(5).join('\n');
    writeFileSync(`${log}.new`, kept);
    writeFileSync(join(log, `../.events.ndjson.papyra.old.${kept.length}.${kept.length}`), '');
    appendFileSync(log, line(10));
    await follower.until(11);
    renameSync(log, old);
    renameSync(`${log}.new`, log);
    appendFileSync(log, line(11));
    await follower.until(12);
    await sleep(600);
    appendFileSync(log, line(10) + line(12));
    await follower.until(13);
    expect(faultsOf((await follower.stop()).numbers, 13)).toEqual([]);
  });

  test('ends quietly when nobody reads any more, and is not filled up by a reader that stops', async () => {
    const log = join(tempDirectory(), 'events.ndjson');
    writeFileSync(log, linesOf(0, 300_000));
    const follower = follow(log, '--limit', '300000');
    follower.child.stdout.pause();
    await sleep(3000);
    const status = readFileSync(`/proc/${follower.child.pid}/status`, 'utf8');
    expect(Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024).toBeLessThan(64 + 64);
    follower.child.stdout.destroy();
    const timer = setTimeout(() => follower.child.kill('SIGKILL'), 20_000);
    appendFileSync(log, line(1));
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      follower.child.once('exit', (one, two) => resolve([one, two]));
    });
    clearTimeout(timer);
    expect([code, signal, follower.stderr()]).toEqual([0, null, '']);
  });
});
