import { execa } from 'execa';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { papyra } from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';
import { startWatch } from './run.js';

const EXPIRED = '{"kind":"event","timestamp":1.5}\n';
const live = () => `{"kind":"event","timestamp":${Date.now() / 1000}}\n`;
const WAIT = { timeout: 30_000, interval: 50 };

function write(directory: string, text: string): string {
  const file = join(directory, 'papyra.yaml');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

describe('papyra watch', () => {
  test('compacts at once, then at the interval, and ends well when it is told to', async () => {
    const log = tempLog(EXPIRED + live());
    const watch = startWatch(['watch', '--path', log, '--max-age', '1d', '--every', '1s', '--json']); // prettier-ignore
    await expect.poll(() => watch.stdout.length, WAIT).toBe(1);
    appendFileSync(log, EXPIRED);
    await expect.poll(() => watch.stdout.length, WAIT).toBeGreaterThan(2);
    expect(await watch.stop()).toBe(0);
    const reports = watch.stdout.map((line) => JSON.parse(line) as { schema: string; status: string }); // prettier-ignore
    expect(reports.every(({ schema }) => schema === 'papyra.compaction/v1')).toBe(true);
    expect(reports.filter(({ status }) => status === 'compacted')).toHaveLength(2);
    const lines = watch.stderr.filter((line) => line.includes('1 of 2 records dropped'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ papyra: /);
  });

  test('says nothing with --quiet while all is well', async () => {
    const log = tempLog(EXPIRED + live());
    const watch = startWatch(['watch', '--path', log, '--max-age', '1d', '--every', '1s', '--quiet']); // prettier-ignore
    await expect.poll(() => readFileSync(log, 'utf8').includes(':1.5}'), WAIT).toBe(false);
    expect(await watch.stop('SIGINT')).toBe(0);
    expect([...watch.stdout, ...watch.stderr]).toEqual([]);
  });

  test('tends the stores that a glob matches now; one that fails is named once and stops no other', async () => {
    const directory = tempDirectory();
    const tenant = (name: string): string => {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'x.ndjson'), EXPIRED + live());
      return join(directory, name, 'x.ndjson');
    };
    const first = tenant('one');
    const config = write(
      directory,
      `stores:
  broken: { backend: json, path: ${directory}/none/log, retention: { max_age_seconds: 1d } }
  tenants: { backend: json, path: "${directory}/*/x.ndjson", retention: { max_age_seconds: 1d } }
metrics: { textfile: ${directory}/papyra.prom }
`,
    );
    const watch = startWatch(['--config', config, 'watch', '--every', '1s']);
    await expect.poll(() => readFileSync(first, 'utf8').includes(':1.5}'), WAIT).toBe(false);
    const second = tenant('two');
    await expect.poll(() => readFileSync(second, 'utf8').includes(':1.5}'), WAIT).toBe(false);
    await expect.poll(() => watch.said(/tenants\/two: compacted/), WAIT).toBe(true);
    mkdirSync(join(directory, 'none'));
    writeFileSync(join(directory, 'none/log'), EXPIRED + live());
    // A reload tries again at once what has failed.
    watch.kill('SIGHUP');
    await expect
      .poll(() => watch.said(/broken: works again, after \d+ failures?/), WAIT)
      .toBe(true);
    expect(await watch.stop()).toBe(0);
    expect(watch.stderr.filter((line) => line.includes('error: broken: '))).toHaveLength(1);
    expect(watch.stderr.filter((line) => line.includes('tenants/one: compacted'))).toHaveLength(1);
    const text = readFileSync(join(directory, 'papyra.prom'), 'utf8');
    expect(text).toMatch(/papyra_compactions_run_total\{store="tenants\/two",.*\} [1-9]/);
  });

  test('does not begin where no run could end well, and says why', async () => {
    const directory = tempDirectory();
    const config = write(directory, 'persistence: { backend: json, path: log, hooks: 1 }');
    const broken = await papyra(['--config', config, 'watch']);
    expect(broken.code).toBe(78);
    const backend = write(directory, `persistence: { backend: ./none.mjs }`);
    const run = await papyra(['--config', backend, 'watch']);
    expect(run).toMatchObject({ code: 78, stdout: '' });
    expect(run.stderr).toContain('no backend module');
  });

  test('refuses what cannot be meant', async () => {
    const log = tempLog(live());
    const refusal = async (...flags: string[]) => {
      const { code, stderr } = await papyra(['watch', '--path', log, ...flags]);
      expect(code).toBe(64);
      return stderr;
    };
    expect(await refusal('--every', '0.5s')).toContain('--every: ');
    expect(await refusal('--every', '5')).toContain('has no unit');
    expect(await refusal('--min-free', '101%')).toContain('--min-free: ');
    expect(await refusal('--listen', 'example.org:80')).toContain('--listen: ');
  });

  test('ends with 75 when another program has the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, stderr } = await papyra(['watch', '--path', tempLog(live()), '--listen', String(port)]); // prettier-ignore
    other.close();
    expect(code).toBe(75);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port}: another program listens there`);
  });

  test('reads the configuration anew on SIGHUP, and keeps the old one where the new one is broken', async () => {
    const directory = tempDirectory();
    const [one, other] = ['one', 'other'].map((name) => join(directory, name));
    for (const log of [one!, other!]) writeFileSync(log, live());
    const naming = (log: string): string => `export default { persistence: { backend: 'json', path: ${JSON.stringify(log)}, retention: { max_age_seconds: '1d' } } };\n`; // prettier-ignore
    const config = join(directory, 'papyra.config.mjs');
    writeFileSync(config, naming(one!), { mode: 0o600 });
    const watch = startWatch(['--config', config, 'watch', '--every', '1s', '--listen', '0']);
    await expect.poll(() => watch.said('listening on'), WAIT).toBe(true);
    const at = /http:\S+/.exec(watch.stderr.find((line) => line.includes('listening'))!)![0];
    const metrics = async () => (await fetch(`${at}/metrics`)).text();
    await expect.poll(metrics, WAIT).toContain(`target="${one!}"`);
    writeFileSync(config, 'export default { persistence: ');
    watch.kill('SIGHUP');
    await expect.poll(() => watch.said('the old one stays in force'), WAIT).toBe(true);
    appendFileSync(one!, EXPIRED);
    await expect.poll(() => readFileSync(one!, 'utf8').includes(':1.5}'), WAIT).toBe(false);
    writeFileSync(config, naming(other!));
    watch.kill('SIGHUP');
    await expect.poll(() => watch.said('was read anew'), WAIT).toBe(true);
    await expect.poll(metrics, WAIT).toContain(`target="${other!}"`);
    const health = await fetch(`${at}/healthz`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: 'ok', stores: 1, failing: [] });
    expect(await watch.stop()).toBe(0);
  });

  test('/healthz is 503 while the last run of a store has failed', async () => {
    const config = write(tempDirectory(), 'persistence: { backend: redis, url: "redis://127.0.0.1:1/0", retention: { max_records: 5 } }'); // prettier-ignore
    const watch = startWatch(['--config', config, 'watch', '--every', '1s', '--listen', '0']);
    await expect.poll(() => watch.said(/error: /), WAIT).toBe(true);
    const at = /http:\S+/.exec(watch.stderr.find((line) => line.includes('listening'))!)![0];
    const health = await fetch(`${at}/healthz`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({
      status: 'failing',
      failing: [{ store: null, code: 'unreachable' }],
    });
    expect(await watch.stop()).toBe(0);
  });
});

const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
receiver.bind('\\0' + name[1:] if name.startswith('@') else name)
print('bound', flush=True)
while True:
    print(receiver.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

describe('what the service tells systemd', () => {
  test.each([
    ['a path', () => join(tempDirectory(), 'notify')],
    ['an abstract name', () => `@papyra-test-${process.pid}`],
  ])('comes through a socket with %s', async (_what, name) => {
    const socket = name();
    const receiver = execa('python3', ['-u', '-c', RECEIVER, socket], { reject: false });
    let heard = '';
    receiver.stdout.on('data', (data: Buffer) => (heard += data.toString()));
    await expect.poll(() => heard, WAIT).toContain('bound');
    const environment = join(tempDirectory(), 'environment');
    const directory = tempDirectory();
    writeFileSync(join(directory, 'log'), EXPIRED + live());
    const config = write(
      directory,
      `persistence: { backend: json, path: log, retention: { max_age_seconds: 1d } }
hooks: { after_compact: [/bin/sh, -c, "env > ${environment}"] }`,
    );
    const watch = startWatch(['--config', config, 'watch', '--every', '1s'], {
      NOTIFY_SOCKET: socket,
      WATCHDOG_USEC: '500000',
    });
    await expect.poll(() => heard, WAIT).toMatch(/READY=1[^]*STATUS=1 store, 0 failing; next run at [^]*WATCHDOG=1\nWATCHDOG=1\n|WATCHDOG=1[^]*WATCHDOG=1/); // prettier-ignore
    watch.kill('SIGHUP');
    await expect.poll(() => heard, WAIT).toMatch(/RELOADING=1 MONOTONIC_USEC=\d+\n(?:[^]*\n)?READY=1/); // prettier-ignore
    const said = Number(/MONOTONIC_USEC=(\d+)/.exec(heard)![1]);
    expect(Math.abs(Number(process.hrtime.bigint() / 1000n) - said)).toBeLessThan(60e6);
    expect(await watch.stop()).toBe(0);
    await expect.poll(() => heard, WAIT).toMatch(/STOPPING=1 STATUS=Stopping\n$/);
    receiver.kill();
    await receiver;
    // A hook must not speak for the service.
    expect(existsSync(environment)).toBe(true);
    expect(readFileSync(environment, 'utf8')).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/);
  });

  test('goes nowhere where nobody listens, which is said once', async () => {
    const log = tempLog(live());
    const watch = startWatch(['watch', '--path', log, '--max-age', '1d', '--every', '1s'], {
      NOTIFY_SOCKET: join(tempDirectory(), 'nobody'),
    });
    await expect.poll(() => watch.said('cannot tell the service manager'), WAIT).toBe(true);
    watch.kill('SIGHUP');
    await expect.poll(() => watch.said('was read anew'), WAIT).toBe(true);
    expect(await watch.stop()).toBe(0);
    expect(watch.stderr.filter((line) => line.includes('service manager'))).toHaveLength(1);
  });
});
