// Many stores in one run: by names and globs, some of them broken, on several backends, stopped half way.
import { execa } from 'execa';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { CompactionReport } from '../../src/index.js';
import { writeConfig } from '../support/config.js';
import { BARE, isRoot, papyra, PAPYRA, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { peakMemory } from '../support/peak-memory.js';
import { startRedis, stopServers } from '../support/redis.js';
import { tempDirectory } from '../support/temp.js';

/** In the short form fewer: each store takes some fsyncs. */
const soak = process.env['PAPYRA_SOAK'] === '1';
const COUNT = soak ? 1000 : 200;
/** In each of three runs. */
const MEASURED = soak ? 1000 : 100;
const EXPIRED = '{"kind":"event","timestamp":1}\n'.repeat(10);
const LIVE = `{"kind":"event","timestamp":${Date.now() / 1000}}\n`;
const COMPACT = ['persistence', 'compact'];
const DEFAULTS = { backend: 'json', retention: { max_age_seconds: '7d' } };

interface Document {
  schema: string;
  /** Of a store that failed the document of its error. */
  reports: (Partial<Omit<CompactionReport, 'schema'>> & {
    store: string;
    code?: string;
    exit_code?: number;
  })[];
  exit_code: number;
}

const holders: { kill: (signal: 'SIGKILL') => boolean }[] = [];

afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
});
afterAll(stopServers);

/** A log of a plain user, where there is a choice. */
function log(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  if (isRoot) for (const each of [dirname(path), path]) chownSync(each, PLAIN_USER, PLAIN_USER);
  return path;
}

/** `count` tenants, found by a glob. */
function tenants(home: string, count: number): string[] {
  if (isRoot) chownSync(home, PLAIN_USER, PLAIN_USER);
  const names = Array.from({ length: count }, (_, at) => `t${String(at).padStart(4, '0')}`);
  for (const name of names) log(join(home, 'tenants', name, 'events.ndjson'), EXPIRED + LIVE);
  return names;
}

const globOf = (home: string) => ({ path: join(home, 'tenants/*/events.ndjson') });

const asPlainUser = isRoot ? { uid: PLAIN_USER, gid: PLAIN_USER } : {};

/** Holds the lock as another run does. */
async function holdLock(path: string): Promise<void> {
  const file = join(dirname(path), '.events.ndjson.papyra.lock');
  writeFileSync(file, '');
  if (isRoot) chownSync(file, PLAIN_USER, PLAIN_USER);
  const holder = execa('flock', ['-F', file, 'sh', '-c', 'echo held; exec sleep 300'], { env: BARE, extendEnv: false, reject: false }); // prettier-ignore
  holders.push(holder);
  await new Promise((resolve) => holder.stdout.once('data', resolve));
}

describe('a run over many stores', { timeout: soak ? 900_000 : 120_000 }, () => {
  test(`of ${COUNT}, five of which are broken, compacts the others and names the five`, async () => {
    const home = tempDirectory();
    const at = (name: string) => join(home, name, 'events.ndjson');
    const names = tenants(home, COUNT - 5);
    mkdirSync(at('directory'), { recursive: true });
    log(at('forbidden'), EXPIRED + LIVE);
    if (isRoot) chownSync(at('forbidden'), 0, 0);
    chmodSync(at('forbidden'), isRoot ? 0o600 : 0);
    await holdLock(log(at('locked'), EXPIRED + LIVE));
    log(at('emptied'), EXPIRED);
    const broken = { emptied: 65, directory: 66, missing: 66, forbidden: 77, locked: 75 };
    const named = Object.keys(broken).map((name) => [name, { path: at(name) }] as const);
    const file = writeConfig(join(home, 'papyra.config.json'), {
      defaults: DEFAULTS,
      metrics: { textfile: 'papyra.prom' },
      stores: { ...Object.fromEntries<object>(named), tenants: globOf(home) },
    });
    if (isRoot) chownSync(file, PLAIN_USER, PLAIN_USER);
    const bin = publicInstall();
    const run = await papyra(['--config', file, ...COMPACT, '--json'], { bin, ...asPlainUser });
    const { schema, reports, exit_code } = JSON.parse(run.stdout) as Document;

    expect([schema, exit_code, run.code]).toEqual(['papyra.compactions/v1', 65, 65]);
    expect(reports.map(({ store }) => store)).toEqual([...Object.keys(broken), ...names.map((name) => `tenants/${name}`)]); // prettier-ignore
    for (const name of names) {
      expect(readFileSync(join(home, 'tenants', name, 'events.ndjson'), 'utf8')).toBe(LIVE);
    }
    expect(reports.slice(5).every(({ status, records }) => status === 'compacted' && records?.dropped === 10)).toBe(true); // prettier-ignore
    expect(reports.slice(0, 5).map(({ exit_code: code }) => code)).toEqual(Object.values(broken)); // prettier-ignore
    for (const name of Object.keys(broken))
      expect(run.stderr).toContain(`papyra: error: ${name}: `);
    expect(run.stderr.match(/papyra: error: /g)).toHaveLength(5);
    chmodSync(at('forbidden'), 0o600);
    for (const name of ['forbidden', 'locked']) expect(readFileSync(at(name), 'utf8')).toBe(EXPIRED + LIVE); // prettier-ignore
    expect(readFileSync(at('emptied'), 'utf8')).toBe(EXPIRED);
    expect(existsSync(join(home, 'missing'))).toBe(false);
    const text = readFileSync(join(home, 'papyra.prom'), 'utf8');
    expect(new Set(text.match(/store="tenants\/[^"]+"/g)).size).toBe(names.length);

    const [first] = Object.keys(broken);
    const rest = await papyra(['--config', file, ...COMPACT, '--store', 'locked', '--store', first!], { bin, ...asPlainUser }); // prettier-ignore
    expect([rest.code, rest.stdout]).toEqual([65, expect.stringMatching(/2 of 2 stores failed/)]);
  });

  test('keeps its memory within 64 MiB over that of Node', () => {
    const nodes = peakMemory(['-e', '0']).mib;
    for (const flags of [[], ['--json'], ['--quiet']]) {
      const home = tempDirectory();
      tenants(home, MEASURED);
      const file = writeConfig(join(home, 'papyra.config.json'), {
        defaults: DEFAULTS,
        metrics: { textfile: 'papyra.prom' },
        stores: { tenants: globOf(home) },
      });
      if (isRoot) chownSync(file, 0, 0);
      const { code, mib } = peakMemory([PAPYRA, '--config', file, ...COMPACT, ...flags]);
      expect(code).toBe(0);
      expect(mib - nodes, flags.join()).toBeLessThan(64);
    }
  });

  test('that is stopped by SIGTERM leaves what is done, and says what was not begun: 143', async () => {
    const home = tempDirectory();
    const names = tenants(home, 200);
    const file = writeConfig(join(home, 'papyra.config.json'), { defaults: DEFAULTS, stores: { tenants: globOf(home) } }); // prettier-ignore
    const isDone = (name: string) => readFileSync(join(home, 'tenants', name, 'events.ndjson'), 'utf8') === LIVE; // prettier-ignore
    const running = execa(process.execPath, [PAPYRA, '--config', file, ...COMPACT, '--json'], { env: BARE, extendEnv: false, reject: false }); // prettier-ignore
    while (!isDone(names[5]!)) await sleep(5);
    running.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await running;
    const { reports, exit_code } = JSON.parse(stdout) as Document;
    expect([exitCode, exit_code]).toEqual([143, 143]);
    const done = reports.filter(({ status }) => status === 'compacted').map(({ store }) => store);
    expect(done).toEqual(names.filter(isDone).map((name) => `tenants/${name}`));
    expect(done.length).toBeGreaterThan(5);
    expect(stderr).toContain(`${200 - reports.length} of 200 stores were not begun, from tenants/${names[reports.length]} on`); // prettier-ignore
    for (const name of names) {
      const left = readdirSync(join(home, 'tenants', name)).filter((entry) => /papyra\.tmp|papyra\.old/.test(entry)); // prettier-ignore
      expect(left).toEqual([]);
    }
    const again = await papyra(['--config', file, ...COMPACT, '--quiet']);
    expect([again.code, names.every(isDone)]).toEqual([0, true]);
  });

  test('a glob that matches nothing is a warning: 0', async () => {
    const home = tempDirectory();
    const file = writeConfig(join(home, 'papyra.config.json'), { defaults: DEFAULTS, stores: { tenants: globOf(home) } }); // prettier-ignore
    const run = await papyra(['--config', file, ...COMPACT, '--json']);
    expect([run.code, JSON.parse(run.stdout)]).toEqual([0, { schema: 'papyra.compactions/v1', reports: [], exit_code: 0 }]); // prettier-ignore
    expect(run.stderr).toMatch(/warning: no file matches .* of the store tenants: nothing was done for it/); // prettier-ignore
  });
});

test('one of each backend is broken: the others are done', async () => {
  const server = await startRedis();
  const home = tempDirectory();
  const good = (name: string) => log(join(home, name, 'events.ndjson'), EXPIRED + LIVE);
  const json = good('json');
  const rotating = good('rotating');
  log(`${rotating}.1`, EXPIRED);
  const bad = good('bad-set');
  log(`${bad}.7`, EXPIRED);
  await server.client.xadd('papyra:local:events', '1-0', 'data', EXPIRED.split('\n')[0]!);
  await server.client.xadd('papyra:local:events', '*', 'data', LIVE.trimEnd());
  const file = writeConfig(join(home, 'papyra.config.json'), {
    defaults: { retention: DEFAULTS.retention },
    stores: {
      'json-bad': { backend: 'json', path: 'nowhere/events.ndjson' },
      json: { backend: 'json', path: json },
      'rotating-bad': { backend: 'rotating', path: bad, max_files: 3 },
      rotating: { backend: 'rotating', path: rotating, max_files: 3 },
      'redis-bad': { backend: 'redis', url: 'redis://127.0.0.1:1' },
      redis: { backend: 'redis', url: server.url, approx_trim: false },
      memory: { backend: 'memory' },
    },
  }, 0o600); // prettier-ignore
  const run = await papyra(['--config', file, ...COMPACT, '--json']);
  const { reports, exit_code } = JSON.parse(run.stdout) as Document;
  const ended = reports.map(({ store, status, code }) => [store, status ?? code]);
  expect(ended).toEqual([
    ['json-bad', 'not_found'],
    ['json', 'compacted'],
    ['rotating-bad', 'config_invalid'],
    ['rotating', 'compacted'],
    ['redis-bad', 'unreachable'],
    ['redis', 'compacted'],
    ['memory', 'no_op'],
  ]);
  expect([run.code, exit_code]).toEqual([66, 66]);
  expect(readFileSync(json, 'utf8')).toBe(LIVE);
  expect(await server.client.xlen('papyra:local:events')).toBe(1);
});
