import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execaSync } from 'execa';
import { Redis } from 'ioredis';

/** A real redis-server (or sentinel) on a free port of the loopback, gone after the test. */
export interface Server {
  port: number;
  directory: string;
  process: ChildProcess;
  url: string;
  /** A connection to it, as the default user. */
  client: Redis;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const running: Server[] = [];

const made: string[] = [];

/** A directory that lasts as long as the servers do. */
export function serverDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'papyra-redis-'));
  made.push(directory);
  return directory;
}

/** Ends whatever was started; for `afterEach` or `afterAll`. */
export async function stopServers(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.stop('SIGKILL')));
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
}

const given = new Set<number>();

/**
 * Free, and so is the port 10000 above, which a cluster needs. Both are below 32768, from where the kernel gives ports to
 * connections: one of those would come between this look and the start of the server.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 10_000);
    if (given.has(port) || !(await isFree(port)) || !(await isFree(port + 10_000))) continue;
    given.add(port).add(port + 10_000);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  // A port that is taken is told as an error, which `once` rejects with.
  const free = await once(server, 'listening').then(() => true, () => false); // prettier-ignore
  server.close();
  return free;
}

export interface ServerOptions {
  port?: number;
  directory?: string;
  /** Lines of its configuration, after those of every server here. */
  config?: string[];
  sentinel?: boolean;
  /** Of the connection for the test itself. */
  password?: string;
  /** Does not wait until it answers. */
  silent?: boolean;
}

export async function startRedis(options: ServerOptions = {}): Promise<Server> {
  const port = options.port ?? (await freePort());
  const directory = options.directory ?? serverDirectory();
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `redis-${port}.conf`);
  const config = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${directory}`,
    ...(options.sentinel ? [] : ['save ""', 'appendonly no', 'enable-debug-command yes']),
    ...(options.config ?? []),
  ];
  writeFileSync(file, `${config.join('\n')}\n`);
  const child = spawn('redis-server', [file, ...(options.sentinel ? ['--sentinel'] : [])], {
    stdio: 'ignore',
  });
  const client = new Redis({
    port,
    lazyConnect: true,
    retryStrategy: () => 100,
    enableReadyCheck: false,
    maxRetriesPerRequest: null,
    ...(options.password === undefined ? {} : { password: options.password }),
  });
  client.on('error', () => undefined);
  const server: Server = {
    port,
    directory,
    process: child,
    url: `redis://127.0.0.1:${port}/0`,
    client,
    async stop(signal = 'SIGTERM') {
      client.disconnect();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      child.kill('SIGCONT');
      await ended;
    },
  };
  running.push(server);
  if (!options.silent) await answers(server);
  return server;
}

async function answers({ client, process: child }: Server): Promise<void> {
  // The client would wait for a server that has ended as long as for one that starts.
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`redis-server ended with ${code}`);
  });
  ended.catch(() => undefined);
  for (let tries = 0; tries < 200; tries++) {
    const asking = client.ping().catch((error: unknown) => (error as Error).message);
    const pong = await Promise.race([asking, ended]);
    if (!/closed|ECONNREFUSED|LOADING/.test(pong)) return;
    await sleep(25);
  }
  throw new Error('redis-server does not answer');
}

/** Three masters without replicas. */
export async function startCluster(): Promise<Server[]> {
  const nodes = await Promise.all(
    [1, 2, 3].map(() =>
      startRedis({ config: ['cluster-enabled yes', 'cluster-node-timeout 2000'] }),
    ),
  );
  execaSync('redis-cli', ['--cluster', 'create', ...nodes.map(({ port }) => `127.0.0.1:${port}`), '--cluster-yes']); // prettier-ignore
  for (const { client } of nodes) {
    while (!(await client.cluster('INFO')).includes('cluster_state:ok')) await sleep(25);
  }
  return nodes;
}

/** Waits until the nodes of a cluster agree that a master of it has failed. */
export async function sawFailure(nodes: Server[]): Promise<void> {
  const sees = async ({ client }: Server) => /cluster_slots_fail:[1-9]/.test(await client.cluster('INFO')); // prettier-ignore
  for (const node of nodes) while (!(await sees(node))) await sleep(50);
}

/** A master `papyra`, a replica, and three sentinels that watch them. */
export async function startSentinels(): Promise<{
  master: Server;
  replica: Server;
  sentinels: Server[];
}> {
  const master = await startRedis();
  const replica = await startRedis({ config: [`replicaof 127.0.0.1 ${master.port}`] });
  while (!(await replica.client.info('replication')).includes('master_link_status:up'))
    await sleep(25);
  const config = [
    `sentinel monitor papyra 127.0.0.1 ${master.port} 2`,
    'sentinel down-after-milliseconds papyra 500',
    'sentinel failover-timeout papyra 3000',
  ];
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedis({ sentinel: true, config })));
  for (const { client } of sentinels) {
    const agreed = async () => {
      const [info] = (await client.call('SENTINEL', 'MASTERS')) as string[][];
      const field = (name: string) => info![info!.indexOf(name) + 1];
      return field('num-other-sentinels') === '2' && field('num-slaves') === '1';
    };
    while (!(await agreed())) await sleep(50);
  }
  return { master, replica, sentinels };
}

/** A certificate authority, and certificates of it for a server and a client: PEM files. */
export function certificates(
  directory: string,
): Record<'ca' | 'cert' | 'key' | 'clientCert' | 'clientKey', string> {
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => execaSync('openssl', args, { cwd: directory });
  const make = (name: string, subject: string, extension: string) => {
    writeFileSync(file(`${name}.ext`), extension);
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject); // prettier-ignore
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.crt`); // prettier-ignore
  };
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=papyra test', '-days', '2'); // prettier-ignore
  make('server', '/CN=localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  make('client', '/CN=client', 'extendedKeyUsage=clientAuth');
  return {
    ca: file('ca.crt'),
    cert: file('server.crt'),
    key: file('server.key'),
    clientCert: file('client.crt'),
    clientKey: file('client.key'),
  };
}
