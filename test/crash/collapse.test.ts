import { execa } from 'execa';
import { lstatSync, readFileSync, readlinkSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BARE, PAPYRA, papyra } from '../support/papyra.js';
import { BEFORE, expectCompacted, expectNothingLost, scene } from './scene.js';
import { injectAt } from './strace.js';

/** Those before it try out on other files what the file system can do. */
const COLLAPSE = { call: 'fallocate', when: 3 };

/** The state right before the collapse: fillers written, intent there. */
async function beforeCollapse() {
  const stage = scene('in place');
  stage.reset();
  const run = await injectAt(COLLAPSE, 'signal=SIGKILL', [], stage.args);
  expect(run.code).toBe(137);
  expect(stage.leftovers()).toEqual(['.events.ndjson.papyra.intent']);
  expectNothingLost(stage.log, 'before the collapse');
  const intent = readlinkSync(join(stage.directory, '.events.ndjson.papyra.intent'));
  return { ...stage, align: parseInt(intent.split('.')[0]!, 36), content: readFileSync(stage.log) };
}

describe('a collapse that a power loss cut short', () => {
  test('is repaired wherever its hole is: every kept record is there, and the head is gone', async () => {
    let states = 0;
    // The hole wanders through the file block by block, as what is behind it moves up.
    for (let moved = 0; ; states++) {
      // The intent names the inode: its content changes, the file stays.
      const { log, args, align, content, leftovers } = await beforeCollapse();
      if (align + moved > content.length) break;
      const state = Buffer.concat([
        content.subarray(align, align + moved),
        Buffer.alloc(align),
        content.subarray(align + moved),
      ]);
      writeFileSync(log, state);
      const next = await papyra(args);
      const at = `hole at ${moved}`;
      expect({ at, code: next.code, left: leftovers() }).toEqual({ at, code: 0, left: [] });
      expect(next.stdout + next.stderr).toContain('the hole it left is closed');
      expectCompacted(log, at);
      moved += statfsSync(log).bsize;
    }
    expect(states).toBeGreaterThan(2);
    console.log(`power loss in mid-collapse: ${states} states made by hand, all repaired`);
  }, 120_000);

  test('is repaired when all has moved up and only the end is still a hole', async () => {
    const { log, args, align, content, leftovers } = await beforeCollapse();
    writeFileSync(log, Buffer.concat([content.subarray(align), Buffer.alloc(align)]));
    expect((await papyra(args)).code).toBe(0);
    expect(leftovers()).toEqual([]);
    // A collapse cannot reach the end of a file: blank lines are left there, less than two blocks.
    const left = readFileSync(log, 'utf8');
    expect(left.length - left.trimEnd().length).toBeLessThan(2 * statfsSync(dirname(log)).bsize);
    writeFileSync(log, `${left.trimEnd()}\n`);
    expectCompacted(log, 'hole at the end');
  });

  test('a log that was emptied since, and has grown again with bounds of lines at the same places: no record is written over', async () => {
    const { log, args, align, content, leftovers, directory } = await beforeCollapse();
    const [, above, below] = readlinkSync(join(directory, '.events.ndjson.papyra.intent')).split('.').map((number) => parseInt(number, 36)); // prettier-ignore
    const [start, keep] = [align - below!, align + above!];
    const live = (bytes: number, n: number) => `{"n": ${n}, "timestamp": 4000000000.5}`.padEnd(bytes - 1) + '\n'; // prettier-ignore
    const now = live(start, 0) + live(keep - start, 1) + live(content.length, 2);
    writeFileSync(log, now);
    const { code, stderr } = await papyra(args);
    expect([code, stderr]).toEqual([0, expect.stringContaining('the log was changed since')]);
    expect(readFileSync(log, 'utf8')).toBe(now);
    expect(leftovers()).toEqual([]);
  });

  test('an intent about another file is void: the log is not touched by it', async () => {
    const { log, args, leftovers } = await beforeCollapse();
    rmSync(log);
    writeFileSync(`${log}.other`, '');
    writeFileSync(log, BEFORE);
    const next = await papyra(args);
    expect(next.code).toBe(0);
    expect(next.stderr).toContain('void');
    expectCompacted(log, 'another file');
    expect(leftovers()).toEqual(['events.ndjson.other']);
  });
});

describe('the collapse itself', () => {
  test('is made by the process that holds the lock: killed in the middle of it, that one is gone before a second run begins', async () => {
    const { log, args, reset, leftovers, directory } = scene('in place');
    reset();
    const slow = execa(
      'strace',
      ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fallocate', '-e', `inject=fallocate:delay_enter=2000000:when=${COLLAPSE.when}`, process.execPath, PAPYRA, ...args],
      { env: BARE, extendEnv: false, reject: false, cwd: '/' },
    ); // prettier-ignore
    const intent = join(directory, '.events.ndjson.papyra.intent');
    while (!lstatSync(intent, { throwIfNoEntry: false })) await sleep(20);
    await sleep(200);
    const [, pid] = /pid (\d+)/.exec(
      readFileSync(join(directory, '.events.ndjson.papyra.lock'), 'utf8'),
    )!;
    expect(await childrenOf(Number(pid))).toEqual([]);
    process.kill(Number(pid), 'SIGKILL');
    const next = await papyra([...args, '--lock-wait', '20s']);
    expect(next.code).toBe(0);
    expect(leftovers()).toEqual([]);
    expectCompacted(log, 'after the kill');
    await slow;
  }, 60_000);
});

async function childrenOf(pid: number): Promise<string[]> {
  const { stdout } = await execa('ps', ['--ppid', String(pid), '-o', 'pid='], { reject: false });
  return stdout.split('\n').filter(Boolean);
}
