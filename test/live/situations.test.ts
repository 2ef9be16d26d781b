import { execa } from 'execa';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  openSync,
  readdirSync,
  closeSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  BARE,
  compact,
  isRoot,
  papyra,
  PAPYRA,
  PLAIN_USER,
  publicInstall,
} from '../support/papyra.js';
import { tempLog } from '../support/temp.js';
import { countRecords } from './count.js';
import { COMPACT, EXPIRED, leftovers, startCompaction, startWriter } from './run.js';

const line = (n: number) => `{"writer": "w", "n": ${n}, "timestamp": 4000000000.5}\n`;
const LOG = EXPIRED.repeat(2000) + line(0) + line(1);

/** A shell that opens the log for appending, says so, waits for a word, and writes one record. */
function frozenWriter(log: string, n: number) {
  const script = `exec 3>>"$1"; echo open; read word; printf '%s\\n' '${line(n).trim()}' >&3; echo written`;
  return execa('sh', ['-c', script, 'sh', log], { env: BARE, extendEnv: false, reject: false });
}

describe('writers that do not let go', () => {
  test('a descriptor held open: 75 that names pid and command, the log untouched; --in-place works', async () => {
    const log = tempLog(LOG);
    const writer = startWriter(log, 'held', { habit: 'held', pauseUs: 1000 });
    await sleep(500);
    const run = await papyra([...COMPACT, '--path', log]);
    expect(run.code).toBe(75);
    expect(run.stderr).toMatch(
      new RegExp(`held open for writing by pid ${writer.child.pid} \\(.*python3`),
    );
    expect(run.stderr).toContain('--in-place');
    const inPlace = await papyra([...COMPACT, '--path', log, '--in-place']);
    expect(inPlace.code).toBe(0);
    const written = await writer.stop();
    expect(await countRecords(log, { w: 2, held: written })).toMatchObject({
      lost: 0,
      twice: 0,
      torn: 0,
      outOfOrder: 0,
    });
  });

  test('tail -f, which only reads, does not count', async () => {
    const log = tempLog(LOG);
    const tail = execa('tail', ['-f', log], { reject: false, buffer: false });
    await sleep(200);
    expect((await papyra([...COMPACT, '--path', log])).code).toBe(0);
    tail.kill();
    await tail;
    expect(leftovers(log)).toEqual([]);
  });

  /** A run that is slow enough to be met between its look for writers and its rename. */
  function slowRun() {
    const kept = Array.from({ length: 2000 }, (_, n) => line(n)).join('');
    const log = tempLog(EXPIRED.repeat(50) + kept);
    const beside = (pattern: RegExp) =>
      readdirSync(dirname(log)).some((name) => pattern.test(name));
    return {
      log,
      run: startCompaction(log, ['--limit-rate', '200KB']),
      copying: async () => {
        while (!beside(/papyra\.tmp$/)) await sleep(5);
      },
      renamed: async () => {
        while (beside(/papyra\.tmp$/)) await sleep(5);
      },
    };
  }

  test('one that opened the log before the rename and writes after it: its record is brought over', async () => {
    const { log, run, copying, renamed } = slowRun();
    await copying();
    const writer = frozenWriter(log, 2000);
    await renamed();
    await sleep(500);
    writer.stdin.write('go\n');
    const [{ exitCode }] = await Promise.all([run, writer]);
    expect(exitCode).toBe(0);
    expect(await countRecords(log, { w: 2001 })).toMatchObject({ lost: 0, twice: 0, torn: 0 });
    expect(leftovers(log)).toEqual([]);
  });

  test('one that is frozen for longer: the old file is kept and said so, the next run brings its record over', async () => {
    const { log, run, copying } = slowRun();
    await copying();
    const writer = frozenWriter(log, 2000);
    await sleep(300);
    process.kill(writer.pid!, 'SIGSTOP');
    const { exitCode, stderr } = await run;
    expect(exitCode).toBe(0);
    expect(stderr).toContain('the old file is kept as .events.ndjson.papyra.old.');
    const again = await papyra([...COMPACT, '--path', log]);
    expect(again.code).toBe(75);
    process.kill(writer.pid!, 'SIGCONT');
    writer.stdin.write('go\n');
    await writer;
    const last = await papyra([...COMPACT, '--path', log]);
    expect(last.code).toBe(0);
    expect(last.stderr).toContain('1 late record');
    expect(await countRecords(log, { w: 2001 })).toMatchObject({ lost: 0, twice: 0, torn: 0 });
    expect(leftovers(log)).toEqual([]);
  }, 60_000);

  test('one in another PID namespace is noticed, too', async () => {
    const log = tempLog(LOG);
    const args = [
      '--fork',
      '--pid',
      '--mount-proc',
      'sh',
      '-c',
      'exec 3>>"$1"; sleep 8',
      'sh',
      log,
    ];
    const writer = execa('unshare', args, { reject: false, env: BARE, extendEnv: false });
    await sleep(500);
    expect((await papyra([...COMPACT, '--path', log])).code).toBe(75);
    // And the other way round: papyra in a namespace of its own, the writer outside.
    const inside = await execa(
      'unshare',
      ['--fork', '--pid', '--mount-proc', process.execPath, PAPYRA, ...COMPACT, '--path', log],
      { reject: false, env: BARE, extendEnv: false },
    );
    expect([inside.exitCode, inside.stderr]).toEqual([
      75,
      expect.stringContaining('held open for writing'),
    ]);
    writer.kill('SIGKILL');
    await writer;
    await execa('pkill', ['-f', `sleep 8 sh ${log}`], { reject: false });
  });
});

describe('what lies in the log', () => {
  test('records identical to the byte are kept as often as they are there', async () => {
    const log = tempLog(LOG + line(5).repeat(50));
    expect((await compact(['--path', log, '--max-age', '52w'])).report.records.kept).toBe(52);
    expect(readFileSync(log, 'utf8')).toBe(line(0) + line(1) + line(5).repeat(50));
  });

  test('a torn tail of an earlier crash stays as it is, and what comes next is not lost to it', async () => {
    const log = tempLog(`${LOG}{"torn": `);
    expect((await papyra([...COMPACT, '--path', log])).code).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe(`${line(0)}${line(1)}{"torn": `);
  });
});

describe('a second run', () => {
  test('ten at once: one at a time works, the others are told who, and the storage is right', async () => {
    const log = tempLog(LOG);
    const runs = await Promise.all(
      Array.from({ length: 10 }, () => papyra([...COMPACT, '--path', log])),
    );
    const codes = runs.map(({ code }) => code);
    expect(codes.every((code) => code === 0 || code === 75)).toBe(true);
    expect(codes).toContain(0);
    for (const { stderr } of runs.filter(({ code }) => code === 75))
      expect(stderr).toMatch(
        /another run of papyra is working on .* \(pid \d+ on \S+ since \d{4}-/,
      );
    expect(readFileSync(log, 'utf8')).toBe(line(0) + line(1));
    expect(leftovers(log)).toEqual([]);
  });

  test('two at once with --lock-wait: both are done', async () => {
    const log = tempLog(LOG);
    const args = [...COMPACT, '--path', log, '--lock-wait', '30s'];
    const runs = await Promise.all([papyra(args), papyra(args)]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  });

  test('a run that was killed blocks nobody', async () => {
    const log = tempLog(LOG);
    const run = startCompaction(log, ['--limit-rate', '10KB']);
    await sleep(700);
    run.kill('SIGKILL');
    await run;
    expect((await papyra([...COMPACT, '--path', log])).code).toBe(0);
    expect(leftovers(log)).toEqual([]);
  });
});

describe('signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s stops within a second with %i, the storage as it was, counted as stopped',
    async (signal, code) => {
      const log = tempLog(LOG.repeat(20));
      const before = statSync(log);
      const run = startCompaction(log, ['--limit-rate', '200KB']);
      await sleep(1200);
      const asked = performance.now();
      run.kill(signal);
      const { exitCode, stderr } = await run;
      expect(exitCode).toBe(code);
      expect(performance.now() - asked).toBeLessThan(1000);
      expect(stderr).toContain(`stopped by ${signal}`);
      expect(statSync(log)).toMatchObject({
        ino: before.ino,
        size: before.size,
        mtimeMs: before.mtimeMs,
      });
      expect(leftovers(log)).toEqual([]);
      const metrics = await papyra(['metrics', 'persistence', '--json', '--path', log]);
      expect(JSON.parse(metrics.stdout)).toMatchObject({
        compactions_stopped: 1,
        compaction_errors: 0,
      });
    },
  );
});

describe('a log that others change', () => {
  test('truncated meanwhile: 75, nothing of ours is left', async () => {
    const log = tempLog(LOG.repeat(5));
    const run = startCompaction(log, ['--limit-rate', '400KB']);
    await sleep(900);
    truncateSync(log, 100);
    const { exitCode, stderr } = await run;
    expect([exitCode, stderr]).toEqual([75, expect.stringContaining('truncated')]);
    expect(leftovers(log)).toEqual([]);
  });

  test('that the runtime is rewriting: 75; an old temporary file of its is only reported', async () => {
    const log = tempLog(LOG);
    const temp = `${log}.compact.tmp`;
    writeFileSync(temp, 'x');
    const fresh = await papyra([...COMPACT, '--path', log]);
    expect([fresh.code, fresh.stderr]).toEqual([
      75,
      expect.stringContaining('the runtime is rewriting'),
    ]);
    const hour = new Date(Date.now() - 3_600_000);
    utimesSync(temp, hour, hour);
    const old = await papyra([...COMPACT, '--path', log]);
    expect([old.code, old.stderr]).toEqual([
      0,
      expect.stringContaining('events.ndjson.compact.tmp'),
    ]);
    expect(readFileSync(temp, 'utf8')).toBe('x');
  });

  test('with other hard links: rewritten with a word about them, refused in place', async () => {
    const log = tempLog(LOG);
    linkSync(log, join(dirname(log), 'backup'));
    const inPlace = await papyra([...COMPACT, '--path', log, '--in-place']);
    expect([inPlace.code, inPlace.stderr]).toEqual([74, expect.stringContaining('hard link')]);
    const run = await papyra([...COMPACT, '--path', log]);
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('1 other hard link')]);
    expect(readFileSync(join(dirname(log), 'backup'), 'utf8')).toBe(LOG);
  });
});

describe('limits', () => {
  test('--limit-rate bounds reading and writing together', async () => {
    const log = tempLog(EXPIRED.repeat(20_000) + line(0));
    const began = performance.now();
    const { code, report } = await compact([
      '--path',
      log,
      '--max-age',
      '52w',
      '--limit-rate',
      '300KB',
    ]);
    expect(code).toBe(0);
    const moved = report.bytes.before! + report.bytes.after!;
    // The rate is a bound from above: how much slower a machine is, nobody promises.
    expect(performance.now() - began).toBeGreaterThan((1000 * moved) / 300_000);
  });

  test.runIf(isRoot)(
    'a plain user compacts under his own live writer: nothing lost, nothing left',
    async () => {
      const log = tempLog(LOG);
      for (const path of [log, dirname(log)]) chownSync(path, PLAIN_USER, PLAIN_USER);
      chmodSync(dirname(log), 0o755);
      const as = { bin: publicInstall(), uid: PLAIN_USER, gid: PLAIN_USER };
      const writer = startWriter(log, 'live', { pauseUs: 300 });
      await sleep(300);
      for (let round = 0; round < 5; round++) {
        appendFileSync(log, EXPIRED.repeat(20));
        const run = await papyra([...COMPACT, '--path', log], as);
        expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
        expect(leftovers(log)).toEqual([]);
      }
      expect(await countRecords(log, { w: 2, live: await writer.stop() })).toMatchObject({
        lost: 0,
        twice: 0,
        torn: 0,
      });
    },
  );

  test('unknown writers (no lease, another PID namespace): the old file is kept for a minute, nothing lost', async () => {
    const log = tempLog(LOG);
    // A lease is for the owner, or a capability; a PID namespace of its own, so that /proc does not show everybody.
    chownSync(log, 1234, 1234);
    const run = await execa(
      'unshare',
      ['--fork', '--pid', '--mount-proc', 'setpriv', '--bounding-set', '-lease', process.execPath, PAPYRA, ...COMPACT, '--path', log],
      { reject: false, env: BARE, extendEnv: false },
    ); // prettier-ignore
    expect([run.exitCode, run.stderr]).toEqual([0, expect.stringContaining('is kept as')]);
    expect(leftovers(log)).toHaveLength(1);
    const fd = openSync(join(dirname(log), leftovers(log)[0]!), 'a');
    writeSync(fd, line(2));
    closeSync(fd);
    const next = await papyra([...COMPACT, '--path', log]);
    expect(next.code).toBe(0);
    expect(await countRecords(log, { w: 3 })).toMatchObject({ lost: 0, twice: 0, torn: 0 });
    expect(leftovers(log)).toEqual([]);
  });
});
