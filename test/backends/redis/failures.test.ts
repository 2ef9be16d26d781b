import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createWeb } from 'node:http';
import { createServer, type AddressInfo, type Server as Listener } from 'node:net';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tempConfig } from '../../support/config.js';
import { BARE, papyra, type Run } from '../../support/papyra.js';
import {
  certificates,
  freePort,
  serverDirectory,
  startRedis,
  stopServers,
  type Server,
} from '../../support/redis.js';
import { load, streamEntries } from '../../support/streams.js';
import { tempDirectory } from '../../support/temp.js';

let server: Server;
const listeners: Listener[] = [];

beforeAll(async () => {
  server = await startRedis({ config: [`unixsocket ${join(serverDirectory(), 'redis.sock')}`] });
});
afterAll(async () => {
  for (const listener of listeners) listener.close();
  await stopServers();
});

/** Compacts with that in the persistence section; the failure comes well within the deadline. */
async function run(
  persistence: string,
  options: { env?: Record<string, string>; args?: string[] } = {},
): Promise<Run> {
  const file = tempConfig(`persistence: {backend: redis, ${persistence}}\n`);
  const args = ['--config', file, 'persistence', 'compact', '--max-records', '5', '--exact'];
  return papyra([...args, ...(options.args ?? [])], { env: { ...BARE, ...options.env } });
}

function says(result: Run, code: number, message: RegExp): void {
  expect(result.stderr).toMatch(message);
  expect(result.code).toBe(code);
  expect(result.stdout).toBe('');
  expect(result.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
  expect(result.stderr).not.toMatch(/geheim|at .*\.js/);
}

async function listen(listener: Listener): Promise<number> {
  listeners.push(listener.listen(0, '127.0.0.1'));
  await once(listener, 'listening');
  return (listener.address() as AddressInfo).port;
}

const fill = (to: Server = server) => load(to.client, streamEntries({ seed: 1, count: 200 }));

describe('no connection', () => {
  test.each<[string, () => Promise<string> | string, RegExp]>([
    ['no server', async () => `url: "redis://127.0.0.1:${await freePort()}"`, /does not listen: connection refused/],
    ['an unknown host', () => 'url: "redis://no-such-host.invalid"', /a host that nobody knows/],
    ['no socket', () => 'url: "unix:///nowhere/redis.sock"', /has no socket there/],
    ['a port that is silent', async () => `url: "redis://127.0.0.1:${await listen(createServer())}"`, /did not answer in time/],
    ['a port that hangs up', async () => `url: "redis://127.0.0.1:${await listen(createServer((socket) => socket.destroy()))}"`, /closed the connection/],
    ['not Redis', async () => `url: "redis://127.0.0.1:${await listen(createWeb((_request, response) => response.end('hello')))}"`, /does not answer as Redis does/],
    ['TLS to a server without', () => `url: "rediss://127.0.0.1:${server.port}"`, /did not answer in time[^]*TLS/],
    ['a cluster of which no node is there', async () => `cluster: ["127.0.0.1:${await freePort()}"]`, /cluster of .* does not listen/],
    ['sentinels that are not there', async () => `sentinel: {name: papyra, nodes: ["127.0.0.1:${await freePort()}"]}`, /sentinels of .* do not answer/],
  ])('%s: 69', async (_name, persistence, message) => {
    says(await run(await persistence(), { args: ['--timeout', '1s'] }), 69, message);
  }); // prettier-ignore
});

describe('the wrong kind of server', () => {
  test('cluster asked of a single server: 78', async () => {
    says(
      await run(`cluster: ["127.0.0.1:${server.port}"]`),
      78,
      /is no node of a cluster[^]*persistence\.url/,
    );
  });
  test('sentinel asked of a data server: 78', async () => {
    says(
      await run(`sentinel: {name: papyra, nodes: ["127.0.0.1:${server.port}"]}`),
      78,
      /no sentinel/,
    );
  });
  test('a database that is not there: 78', async () => {
    says(
      await run(`url: "redis://127.0.0.1:${server.port}/99"`),
      78,
      /has no database of that number/,
    );
  });
  test('older than 6.2, which has no MINID: 78', async () => {
    // The very server, but for its version: an older one is not to be had everywhere.
    const { connect } = await import('node:net');
    const port = await listen(
      createServer((socket) => {
        const upstream = connect(server.port, '127.0.0.1');
        socket.pipe(upstream);
        upstream.on('data', (bytes) => socket.write(bytes.toString('latin1').replace(/redis_version:\d\.\d/, 'redis_version:6.0'), 'latin1')); // prettier-ignore
        socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
      }),
    );
    says(await run(`url: "redis://127.0.0.1:${port}"`), 78, /older than Redis 6\.2/);
  });
  test('a node of a cluster, asked alone: 78', async () => {
    const node = await startRedis({ config: ['cluster-enabled yes'] });
    await node.client.cluster('ADDSLOTSRANGE', 0, 100);
    await node.client.call('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
    const down = await run(`url: "${node.url}"`);
    says(down, 75, /is a cluster that is down/);
  });
});

describe('login', () => {
  let locked: Server;
  beforeAll(async () => {
    locked = await startRedis({ config: ['requirepass geheim'], password: 'geheim' });
  });

  test('no password: 69', async () => {
    says(await run(`url: "${locked.url}"`), 69, /wants a password/);
  });
  test('a wrong password: 69', async () => {
    says(
      await run(`url: "redis://:nope@127.0.0.1:${locked.port}"`),
      69,
      /refuses the user name or the password/,
    );
  });
  test('a password where none is wanted: 69', async () => {
    says(
      await run(`url: "redis://:geheim@127.0.0.1:${server.port}"`),
      69,
      /has no password for its default user/,
    );
  });
  test('the password from the URL, the environment, a file', async () => {
    await fill(locked);
    expect((await run(`url: "redis://:geheim@127.0.0.1:${locked.port}"`)).code).toBe(0);
    expect(
      (await run(`url: "${locked.url}"`, { env: { PAPYRA_REDIS_PASSWORD: 'geheim' } })).code,
    ).toBe(0);
    expect((await run('prefix: x', { env: { PAPYRA_REDIS_URL: `redis://:geheim@127.0.0.1:${locked.port}` } })).code).toBe(0); // prettier-ignore
    const secret = join(tempDirectory(), 'secret');
    writeFileSync(secret, 'geheim\n', { mode: 0o600 });
    expect((await run(`url: "${locked.url}", password_file: "${secret}"`)).code).toBe(0);
    says(
      await run(`url: "${locked.url}", password_file: none`),
      78,
      /cannot read .*none \(persistence\.password_file\)/,
    );
  });
  test('an ACL right that is missing is named, with what grants it: 77', async () => {
    for (const right of ['xtrim', 'xinfo|stream', 'scan']) {
      await fill().catch(() => undefined);
      await server.client.call(
        'ACL',
        'SETUSER',
        'ops',
        'reset',
        'on',
        '>geheim',
        '~papyra:*',
        '+@all',
        `-${right}`,
      );
      const result = await run(
        `url: "redis://ops:geheim@127.0.0.1:${server.port}", system_id: "*"`,
      );
      says(
        result,
        77,
        new RegExp(
          `may not run ${right.toUpperCase().replace('|', ' ')}\\n.*\\+${right.replace('|', '\\|')};`,
        ),
      );
    }
    await server.client.call(
      'ACL',
      'SETUSER',
      'ops',
      'reset',
      'on',
      '>geheim',
      '~other:*',
      '+@all',
    );
    says(
      await run(`url: "redis://ops:geheim@127.0.0.1:${server.port}"`),
      77,
      /may not touch papyra:local:events/,
    );
  });
  test('the rights that the manual lists are enough; without MEMORY the bytes are not known', async () => {
    await server.client.flushall();
    await fill();
    const rights = '+xtrim +xlen +xrange +xrevrange +xinfo|stream +xinfo|groups +xpending +info +scan +hgetall +hset +hincrby +watch +multi +exec'; // prettier-ignore
    await server.client.call(
      'ACL',
      'SETUSER',
      'ops',
      'reset',
      'on',
      '>geheim',
      '~papyra:*',
      ...rights.split(' '),
    );
    const result = await run(`url: "redis://ops:geheim@127.0.0.1:${server.port}", system_id: "*"`, {
      args: ['--json'],
    });
    expect(result.stderr).toBe('');
    expect(JSON.parse(result.stdout)).toMatchObject({
      status: 'compacted',
      bytes: { before: null, after: null },
    });
  });
});

describe('a server that is not able', () => {
  test('a replica: 75', async () => {
    const replica = await startRedis({ config: [`replicaof 127.0.0.1 ${server.port}`] });
    says(await run(`url: "${replica.url}"`), 75, /is a replica, which cannot be trimmed/);
  });
  test('loading: 75', async () => {
    const first = await startRedis();
    await first.client.call('DEBUG', 'POPULATE', '200000');
    await first.client.call('SAVE');
    await first.stop();
    const loading = await startRedis({
      directory: first.directory,
      port: first.port,
      silent: true,
      config: ['key-load-delay 50', 'loading-process-events-interval-bytes 1024'],
    });
    const answer = () =>
      execaSync('redis-cli', ['-p', String(loading.port), 'get', 'x'], { reject: false }).stdout;
    while (!answer().includes('LOADING'));
    says(await run(`url: "${loading.url}"`), 75, /still loading/);
    await loading.stop('SIGKILL');
  });
  test('a disk to which it cannot save: 74', async () => {
    const full = await startRedis({ config: ['save 3600 1', 'dbfilename taken.rdb'] });
    mkdirSync(join(full.directory, 'taken.rdb'));
    await fill(full);
    await full.client.bgsave();
    const failed = async () =>
      (await full.client.info('persistence')).includes('rdb_last_bgsave_status:err');
    while (!(await failed()));
    says(await run(`url: "${full.url}"`), 74, /cannot save to its disk/);
    expect(await full.client.xlen('papyra:local:events')).toBeGreaterThan(5);
    await full.stop('SIGKILL');
  });
  test('out of memory: it trims all the same, and says that the run was not counted', async () => {
    await server.client.flushall();
    await fill();
    await server.client.config('SET', 'maxmemory', '1');
    const result = await run(`url: "${server.url}"`);
    await server.client.config('SET', 'maxmemory', '0');
    expect(result.code).toBe(0);
    expect(result.stderr).toMatch(/not counted: .*out of memory/);
    expect(await server.client.xlen('papyra:local:events')).toBe(5);
  });
  test('as many clients as it may have: 75', async () => {
    const busy = await startRedis({ config: ['maxclients 1'] });
    says(await run(`url: "${busy.url}"`), 75, /as many clients/);
  });
  test('a key that is no stream: 78, and the other streams are trimmed', async () => {
    await server.client.flushall();
    await fill();
    await server.client.del('papyra:local:audits');
    await server.client.set('papyra:local:audits', 'x');
    const { code, stdout, stderr } = await run(`url: "${server.url}"`, { args: ['--json'] });
    expect(code).toBe(78);
    expect(stderr).toMatch(/not done: papyra:local:audits; .* has something of another type there/);
    const report = JSON.parse(stdout) as {
      status: string;
      parts: { name: string; pinned_by?: string }[];
    };
    expect(report.status).toBe('partial');
    expect(report.parts[1]).toMatchObject({ name: 'papyra:local:audits', action: 'unchanged' });
    expect(await server.client.xlen('papyra:local:events')).toBe(5);
    await server.client.del('papyra:local:audits');
  });
});

describe('TLS', () => {
  let url: string;
  let files: ReturnType<typeof certificates>;
  beforeAll(async () => {
    files = certificates(serverDirectory());
    const port = await freePort();
    url = `rediss://127.0.0.1:${port}`;
    const secured = await startRedis({
      config: [`tls-port ${port}`, `tls-cert-file ${files.cert}`, `tls-key-file ${files.key}`, `tls-ca-cert-file ${files.ca}`], // prettier-ignore
    });
    await fill(secured);
  });

  test('with authority and client certificate: it works', async () => {
    const { ca, clientCert, clientKey } = files;
    const result = await run(
      `url: "${url}", tls: {ca: "${ca}", cert: "${clientCert}", key: "${clientKey}"}`,
    );
    expect([result.code, result.stderr]).toEqual([0, '']);
  });
  test('a certificate of an authority that nobody knows: 69', async () => {
    says(await run(`url: "${url}"`), 69, /certificate that is not to be trusted[^]*tls\.ca/);
  });
  test('no client certificate where one is wanted: 69', async () => {
    says(
      await run(`url: "${url}", tls: {ca: "${files.ca}"}`),
      69,
      /refuses the TLS handshake[^]*tls\.cert/,
    );
  });
  test('a certificate of another name: 69', async () => {
    says(await run(`url: "${url}", tls: {ca: "${files.ca}", server_name: other.example}`), 69, /certificate of another name[^]*tls\.server_name/); // prettier-ignore
  });
  test('no TLS to a server with: 69', async () => {
    says(await run(`url: "${url.replace('rediss', 'redis')}"`, { args: ['--timeout', '1s'] }), 69, /closed the connection[^]*TLS/); // prettier-ignore
  });
  test('a file that is not there: 78', async () => {
    says(
      await run(`url: "${url}", tls: {ca: none.crt}`),
      78,
      /cannot read .*none\.crt \(persistence\.tls\.ca\)/,
    );
  });
});

test('over a unix socket', async () => {
  const [, path] = await server.client.config('GET', 'unixsocket');
  await server.client.flushall();
  await fill();
  expect((await run(`url: "unix://${path}?db=0"`)).code).toBe(0);
  expect(await server.client.xlen('papyra:local:events')).toBe(5);
});
