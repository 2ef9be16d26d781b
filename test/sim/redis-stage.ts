// A world whose store is a stream of a redis server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { crc32 } from 'node:zlib';
import { Random } from '../support/random.js';
import { startRedis } from '../support/redis.js';
import { nowNs, type Writer } from './actors.js';
import { makePast, type Stage } from './stage.js';
import type { Told } from './told.js';
import type { World, WriterPlan } from './world.js';

const KEY = 'papyra:local:events';
/** What it has said is written is on the disk: a kill loses none of it. */
const DURABLE = ['appendonly yes', 'appendfsync always', 'stream-node-max-entries 20'];

export interface RedisStage extends Stage {
  /** Kills the server and starts it again. */
  restart(): Promise<void>;
}

export async function openRedisStage(world: World): Promise<RedisStage> {
  const directory = mkdtempSync(join(tmpdir(), 'papyra-sim-redis-'));
  let server = await startRedis({ directory, config: DURABLE });
  const { port, url } = server;
  const past = makePast(world);
  const pipeline = server.client.pipeline();
  // Their ids tell the same time as they do, but never go back.
  let id = 1_600_000_000_000;
  for (const [at, { n, timestamp }] of past.told.entries()) {
    id = Math.max(id, Math.round(timestamp * 1000));
    pipeline.xadd(KEY, `${id}-${n + 1}`, 'data', past.lines[at]!);
  }
  await pipeline.exec();
  const config = join(directory, 'papyra.config.json');
  const persistence = { backend: 'redis', url, approx_trim: false };
  writeFileSync(config, JSON.stringify({ persistence }), { mode: 0o600 });
  return {
    flags: ['--config', config],
    past: past.told,
    unreadable: [],
    startWriter: (plan) => Promise.resolve(startRedisWriter(plan, port)),
    lines: async () => (await server.client.xrange(KEY, '-', '+')).map(([, fields]) => fields[1]!),
    leftovers: () => [],
    restart: async () => {
      await server.stop('SIGKILL');
      server = await startRedis({ directory, port, config: DURABLE });
    },
    close: async () => {
      await server.stop('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function startRedisWriter(plan: WriterPlan, port: number): Writer {
  const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 0, retryStrategy: () => 50, enableOfflineQueue: false }); // prettier-ignore
  client.on('error', () => undefined);
  const random = new Random(crc32(plan.id));
  const told: Told[] = [];
  let stopped = false;
  const work = async () => {
    for (let n = 0; !stopped; n++) {
      const expired = plan.expiredEvery > 0 && n % plan.expiredEvery === 0;
      const timestamp = expired ? 1.5 : Date.now() / 1000 - plan.age;
      const line = `{"kind": "event", "writer": "${plan.id}", "n": ${n}, "pad": "${'x'.repeat(random.below(150))}", "timestamp": ${timestamp}}`;
      const begin = nowNs();
      // What was asked of a server that went away may be there.
      const state = await client.xadd(KEY, '*', 'data', line).then(() => 'whole' as const, () => 'failed' as const); // prettier-ignore
      told.push({ writer: plan.id, n, begin, end: nowNs(), timestamp, bytes: line.length, crc: crc32(line), state }); // prettier-ignore
      await sleep(state === 'failed' ? 20 : plan.pauseUs / 1000);
    }
    client.disconnect();
  };
  const working = work();
  return {
    id: plan.id,
    killed: false,
    stop: () => {
      stopped = true;
      return working;
    },
    told: () => told,
  };
}
