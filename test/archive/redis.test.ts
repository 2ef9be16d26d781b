import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { injectAt, record } from '../crash/strace.js';
import { compact, papyra } from '../support/papyra.js';
import { startRedis, stopServers } from '../support/redis.js';
import { tempRedisConfig } from '../support/config.js';
import { tempDirectory } from '../support/temp.js';

afterAll(stopServers);

test('of streams, the records of runs that were killed are restored once, and each store knows its own archives', async () => {
  const server = await startRedis();
  const archive = join(tempDirectory(), 'archive');
  mkdirSync(archive);
  const config = tempRedisConfig({ url: server.url, retention: { max_records: 100 }, archive: { dir: archive } });
  const written: Record<string, string[]> = { events: [], audits: [] };
  let n = 0;
  const add = async (count: number) => {
    for (const [stream, all] of Object.entries(written)) {
      for (let at = 0; at < count; at++) {
        const data = `{"kind": "${stream.slice(0, -1)}", "n": ${n++},\n "timestamp": ${1_700_000_000 + n}}`;
        await server.client.xadd(`papyra:local:${stream}`, '*', 'data', data);
        all.push(data.replace('\n', ' '));
      }
    }
  };
  const args = ['persistence', 'compact', '--config', config];
  await add(150);
  // The first run in a directory does more than the others.
  expect((await compact(['--config', config])).code).toBe(0);
  await add(100);
  const { points, paths, run } = await record(archive, args);
  expect(run.code).toBe(0);
  await add(150);
  // Complete, and nothing is trimmed.
  const last = points.at(-1)!;
  expect((await injectAt(last, 'signal=SIGKILL', paths, args)).code).toBe(137);
  // A part of it was.
  await server.client.xtrim('papyra:local:events', 'MAXLEN', 170);
  await add(50);
  expect((await injectAt(last, 'signal=SIGKILL', paths, args)).code).toBe(137);
  const { code, report } = await compact(['--config', config]);
  expect({ code, dropped: report.records.dropped }).toEqual({ code: 0, dropped: 250 - 80 + 50 - 100 + 300 - 100 });
  const verified = await papyra(['archive', 'verify', '--config', config]);
  expect({ code: verified.code, notes: verified.stdout.match(/of a run that was killed/g)?.length }).toEqual({ code: 0, notes: 2 });
  for (const [stream, all] of Object.entries(written)) {
    const to = join(archive, `../${stream}`);
    const kind = ['--kind', stream];
    const restored = await papyra(['archive', 'restore', '--config', config, '--to', to, ...kind]);
    expect({ code: restored.code, stderr: restored.stderr }).toEqual({ code: 0, stderr: '' });
    const left = (await server.client.xrange(`papyra:local:${stream}`, '-', '+')).map(([, fields]) => fields[1]!.replace('\n', ' '));
    expect(readFileSync(to, 'utf8').split('\n').slice(0, -1).concat(left)).toEqual(all);
  }
  // What it remembers is no obstacle to the metrics, and tells another directory from this one.
  expect((await papyra(['metrics', 'reset', '--config', config])).stderr).toBe('');
  renameSync(archive, `${archive}.volume`);
  mkdirSync(archive);
  await add(10);
  const refused = await papyra(args);
  expect(refused.code).toBe(74);
  expect(refused.stderr).toContain('is not the archive directory that it was');
  expect(readdirSync(archive)).toEqual([]);
  rmSync(archive, { recursive: true });
  renameSync(`${archive}.volume`, archive);
  expect((await papyra(args)).code).toBe(0);
}, 120_000); // prettier-ignore
