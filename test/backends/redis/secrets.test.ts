import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tempRedisConfig } from '../../support/config.js';
import { BARE, papyra } from '../../support/papyra.js';
import { certificates, serverDirectory, startRedis, stopServers, type Server } from '../../support/redis.js'; // prettier-ignore
import { tempDirectory } from '../../support/temp.js';

const SECRET = 'the-password-7f3a';
const OTHER = 'the-other-password-91c2';
const NOISY = { DEBUG: '*', NODE_DEBUG: '*', DEBUG_DEPTH: '9', DEBUG_COLORS: '0' };
const COMMANDS = [
  ['persistence', 'compact', '--max-records', '5', '--timeout', '1s'],
  ['persistence', 'compact', '--dry-run', '--json', '--verbose', '--timeout', '1s'],
  ['doctor'],
  ['doctor', '--json'],
  ['metrics', 'persistence', '--history'],
  ['metrics', 'reset'],
  ['config', 'show'],
  ['config', 'show', '--json'],
  ['config', 'check'],
  ['schedule', 'cron', '--every', '1h'],
  ['schedule', 'systemd', '--every', '1h'],
  ['schedule', 'kubernetes', '--every', '1h'],
  ['schedule', 'nomad', '--every', '1h'],
];

let server: Server;
let sentinel: Server;
let key: string;

beforeAll(async () => {
  server = await startRedis({ config: [`requirepass ${SECRET}`], password: SECRET });
  sentinel = await startRedis({
    sentinel: true,
    password: OTHER,
    config: [`requirepass ${OTHER}`, `sentinel monitor papyra 127.0.0.1 ${server.port} 1`, `sentinel auth-pass papyra ${SECRET}`], // prettier-ignore
  });
  ({ clientKey: key } = certificates(serverDirectory()));
});
afterAll(stopServers);

function secretFile(text: string): string {
  const file = join(tempDirectory(), 'secret');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

interface Place {
  persistence: object;
  env?: Record<string, string>;
}

/** Every place of a secret, with the right and with a wrong one. */
const PLACES: [string, (suffix: string) => Place][] = [
  ['password_file', (suffix) => ({ persistence: { url: server.url, password_file: secretFile(SECRET + suffix) } })],
  ['the URL', (suffix) => ({ persistence: { url: `redis://default:${SECRET}${suffix}@127.0.0.1:${server.port}` } })],
  ['the URL, after the ?', (suffix) => ({ persistence: { url: `redis://127.0.0.1:${server.port}?password=${SECRET}${suffix}` } })],
  ['PAPYRA_REDIS_PASSWORD', (suffix) => ({ persistence: { url: server.url }, env: { PAPYRA_REDIS_PASSWORD: SECRET + suffix } })],
  ['PAPYRA_REDIS_URL', (suffix) => ({ persistence: {}, env: { PAPYRA_REDIS_URL: `redis://:${SECRET}${suffix}@127.0.0.1:${server.port}` } })],
  ['sentinels', (suffix) => ({
    persistence: {
      sentinel: { name: 'papyra', nodes: [`127.0.0.1:${sentinel.port}`], password_file: secretFile(OTHER + suffix) },
      password_file: secretFile(SECRET),
    },
  })],
  ['a cluster', (suffix) => ({ persistence: { cluster: [`127.0.0.1:${server.port}`], password_file: secretFile(SECRET + suffix) } })],
  ['a key for TLS, to a server without', () => ({ persistence: { url: server.url.replace('redis:', 'rediss:'), tls: { key } } })],
]; // prettier-ignore

test.each(PLACES)(
  'no variable of the environment makes a command print a secret: %s',
  async (_name, placeOf) => {
    // The key is a file of its own: there is no wrong one.
    for (const suffix of placeOf.length === 0 ? [''] : ['', '-wrong']) {
      const { persistence, env } = placeOf(suffix);
      const file = tempRedisConfig({ ...persistence, retention: { max_records: 10 } });
      await Promise.all(
        COMMANDS.map(async (args) => {
          const done = await papyra(['--config', file, ...args], { env: { ...BARE, ...NOISY, ...env } }); // prettier-ignore
          const printed = done.stdout + done.stderr;
          expect(printed).not.toMatch(/unknown (?:key|option)/);
          const secrets = [SECRET, OTHER, 'PRIVATE KEY'].filter((secret) => printed.includes(secret)); // prettier-ignore
          expect({ args, secrets }).toEqual({ args, secrets: [] });
        }),
      );
    }
  },
  120_000,
);
