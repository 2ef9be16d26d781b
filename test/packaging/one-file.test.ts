import { execaSync } from 'execa';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fuse, openDirectory } from '../support/mounts.js';
import { BARE, PAPYRA, papyra, PLAIN_USER } from '../support/papyra.js';
import { emptyRoot, inRoot, lastingDirectory, makePackages, ONE_FILE, someLog, version } from '../support/packages.js'; // prettier-ignore
import { startRedis, stopServers } from '../support/redis.js';
import { tempDirectory } from '../support/temp.js';

const out = lastingDirectory();
const program = join(out.path, ONE_FILE);

beforeAll(() => makePackages(out.path, 'one-file'), 300_000);
afterAll(async () => {
  out.remove();
  await stopServers();
});

const USER = `${PLAIN_USER}:${PLAIN_USER}`;
const COMPACT = ['persistence', 'compact', '--path', '/data/events.ndjson', '--max-age', '7d'];

/** The one file at /usr/local/bin of a root in which there is nothing else, and a log at /data. */
function hostWithoutNode(expired = 3, kept = 2): { root: string; log: string } {
  const root = emptyRoot(program);
  cpSync(program, join(root, 'usr/local/bin/papyra'));
  const log = join(root, 'data/events.ndjson');
  someLog(log, expired, kept, PLAIN_USER);
  return { root, log };
}

const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').length - 1;

test('the same commit makes the same bytes', () => {
  const again = tempDirectory();
  makePackages(again, 'one-file');
  expect(readFileSync(join(again, ONE_FILE)).equals(readFileSync(program))).toBe(true);
}, 300_000);

describe('in a root without Node', () => {
  test('a plain user compacts a log, and nothing is left behind in any directory', () => {
    const { root, log } = hostWithoutNode();
    expect(inRoot(root, ['papyra', '--version'], { user: USER }).stdout).toBe(`${version()}\n`);
    const run = inRoot(root, ['papyra', '--quiet', ...COMPACT], { user: USER });
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(linesOf(log)).toBe(2);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    expect(readdirSync(root).sort()).toEqual(['data', 'dev', 'etc', 'lib', 'lib64', 'proc', 'tmp', 'usr']); // prettier-ignore
  });

  test('every way to write a configuration is read', () => {
    const { root } = hostWithoutNode(0, 1);
    const persistence = { backend: 'json', path: '/data/events.ndjson' };
    const text = JSON.stringify({ persistence });
    const forms: Record<string, string> = {
      'a.json': text,
      'a.yaml': 'persistence:\n  backend: json\n  path: /data/events.ndjson\n',
      'a.toml': '[persistence]\nbackend = "json"\npath = "/data/events.ndjson"\n',
      'a.cjs': `module.exports = ${text};`,
      'a.mjs': `import { part } from './part.mjs';\nexport default { persistence: await part() };`,
      'a.ts': `import type { X } from './x.ts';\nconst all: object = ${text};\nexport default all;`,
      'a.module.json': '{"persistence": {"backend": "./backend.mjs"}}',
    };
    writeFileSync(join(root, 'etc/part.mjs'), `export const part = async () => (${JSON.stringify(persistence)});`); // prettier-ignore
    writeFileSync(join(root, 'etc/backend.mjs'), `export default () => ({ name: 'mine', compact: async () => null });`); // prettier-ignore
    for (const [name, content] of Object.entries(forms)) {
      writeFileSync(join(root, 'etc', name), content);
      const run = inRoot(root, ['papyra', '--quiet', '--config', `/etc/${name}`, 'persistence', 'compact', '--dry-run']); // prettier-ignore
      expect([name, run.code, run.stderr]).toEqual([name, 0, '']);
    }
  });

  test('TypeScript that is more than types is refused with the reason', () => {
    const { root } = hostWithoutNode(0, 1);
    writeFileSync(join(root, 'etc/a.ts'), 'enum E { A }\nexport default { persistence: E };');
    const run = inRoot(root, ['papyra', '--config', '/etc/a.ts', 'config', 'show']);
    expect([run.code, run.stderr]).toEqual([78, expect.stringContaining('TypeScript enum')]);
  });

  test('a large log is scanned with the second thread, and its head goes in place', () => {
    const { root, log } = hostWithoutNode(1_200_000, 800_000);
    const run = inRoot(root, ['papyra', '--json', ...COMPACT, '--in-place'], { user: USER });
    expect(run.code, run.stderr).toBe(0);
    const { records, parts } = JSON.parse(run.stdout) as {
      records: object;
      parts: { action: string }[];
    };
    expect(records).toMatchObject({ scanned: 2_000_000, dropped: 1_200_000 });
    expect(parts[0]!.action).toBe('collapsed');
    expect(linesOf(log)).toBeLessThanOrEqual(800_002);
  }, 120_000);

  test('Redis is compacted', async () => {
    const server = await startRedis();
    await server.client.xadd(
      'papyra:local:events',
      '1-1',
      'data',
      '{"kind":"event","timestamp":1}',
    );
    await server.client.xadd('papyra:local:events', '*', 'data', `{"kind":"event","timestamp":${Date.now() / 1000}}`); // prettier-ignore
    const { root } = hostWithoutNode();
    writeFileSync(join(root, 'etc/redis.yaml'), `persistence: { backend: redis, url: "${server.url}", approx_trim: false, retention: { max_age_seconds: 7d } }\n`); // prettier-ignore
    const run = inRoot(root, ['papyra', '--quiet', '--config', '/etc/redis.yaml', 'persistence', 'compact']); // prettier-ignore
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await server.client.xlen('papyra:local:events')).toBe(1);
  });

  test('a printed job calls the one file, and no Node', () => {
    const { root } = hostWithoutNode();
    const path = ['--path', '/data/events.ndjson', '--max-age', '7d'];
    const cron = inRoot(root, ['papyra', 'schedule', 'cron', ...path]).stdout;
    expect(cron).toMatch(/\* \/usr\/local\/bin\/papyra --quiet persistence compact/);
    const systemd = inRoot(root, ['papyra', 'schedule', 'systemd', ...path]).stdout;
    expect(systemd).toMatch(/^ExecStart=\/usr\/local\/bin\/papyra --quiet persistence compact/m);
  });

  const NOEXEC = `
    for place in dev/shm run var/tmp tmp usr/local/bin; do mkdir -p "$root/$place"; done
    cp "$root/usr/local/bin/papyra" "$root/papyra"
    for place in dev/shm run var/tmp tmp; do mount -t tmpfs -o noexec,size=8m,mode=1777 none "$root/$place"; done
  `;

  test('where no directory may hold programs, the error names them, and an installed part is used', () => {
    const { root, log } = hostWithoutNode();
    const run = inRoot(root, ['/papyra', ...COMPACT], { user: USER, before: NOEXEC });
    expect(run.code).toBe(78);
    expect(run.stderr).toMatch(/no directory takes a file that may be run \(\/dev\/shm: noexec; .*\/tmp: noexec/); // prettier-ignore
    expect(run.stderr).toContain('mount it without noexec');
    expect(linesOf(log)).toBe(5);

    const parts = join(root, 'usr/lib/papyra', version());
    mkdirSync(parts, { recursive: true });
    const name = `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`;
    cpSync(join(import.meta.dirname, '../../node_modules', name), join(parts, 'koffi.node'));
    const installed = inRoot(root, ['/papyra', ...COMPACT], { user: USER, before: NOEXEC });
    expect(installed.code, installed.stderr).toBe(0);
    expect(linesOf(log)).toBe(2);
  });

  test('where a file must have a name to be made, it has one for an instant', () => {
    const { root, log } = hostWithoutNode();
    const source = openDirectory('source');
    chmodSync(source, 0o1777);
    const point = fuse('bindfs', source);
    const before = `mount --bind '${point}' "$root/tmp"`;
    const run = inRoot(root, ['papyra', ...COMPACT], { user: USER, before });
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(linesOf(log)).toBe(2);
    expect(readdirSync(source)).toEqual([]);
  });

  test('a full memory file system is passed over', () => {
    const { root, log } = hostWithoutNode();
    const before = `
      mkdir -p "$root/dev/shm"
      mount -t tmpfs -o size=64k,mode=1777 none "$root/dev/shm"
    `;
    expect(inRoot(root, ['papyra', ...COMPACT], { user: USER, before }).code).toBe(0);
    expect(linesOf(log)).toBe(2);
  });
});

test('it starts at most 1.3 times as slow as from source', async () => {
  const log = join(tempDirectory(), 'events.ndjson');
  someLog(log, 0, 10);
  for (const args of [
    ['--version'],
    ['--quiet', 'persistence', 'compact', '--path', log, '--max-age', '7d'],
  ]) {
    // prettier-ignore
    const best = { source: Infinity, oneFile: Infinity };
    for (let round = 0; round < 10; round++) {
      for (const kind of ['source', 'oneFile'] as const) {
        const start = performance.now();
        if (kind === 'source') await papyra(args);
        else execaSync(program, args, { env: BARE, extendEnv: false });
        best[kind] = Math.min(best[kind], performance.now() - start);
      }
    }
    console.log(`${args[0]!}: one file ${best.oneFile.toFixed(0)} ms, source ${best.source.toFixed(0)} ms (${PAPYRA})`); // prettier-ignore
    expect(best.oneFile / best.source).toBeLessThan(1.3);
  }
});
