import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BARE, papyra } from '../../support/papyra.js';
import { startRedis, stopServers } from '../../support/redis.js';
import { tempDirectory } from '../../support/temp.js';

afterAll(stopServers);

const SECRET = 'the-password-7f3a';
const NOISY = { DEBUG: '*', NODE_DEBUG: '*', DEBUG_DEPTH: '9', DEBUG_COLORS: '0' };
const COMMANDS = [
  ['persistence', 'compact', '--max-records', '5'],
  ['persistence', 'compact', '--max-records', '5', '--dry-run', '--json', '--verbose'],
  ['doctor'],
  ['metrics', 'persistence', '--history'],
  ['config', 'show'],
  ['config', 'check'],
  ['schedule', 'cron', '--every', '1h'],
];

test('no variable of the environment makes a command print the password, whether it is right or wrong', async () => {
  const server = await startRedis({ config: [`requirepass ${SECRET}`] });
  for (const password of [SECRET, `${SECRET}-wrong`]) {
    const file = join(tempDirectory(), 'papyra.config.json');
    const secret = join(tempDirectory(), 'password');
    writeFileSync(secret, password, { mode: 0o600 });
    const url = `redis://127.0.0.1:${server.port}/0`;
    writeFileSync(file, JSON.stringify({ persistence: { backend: 'redis', url, password_file: secret, retention: { max_records: 10 } } }), { mode: 0o600 }); // prettier-ignore
    for (const args of COMMANDS) {
      const { stdout, stderr } = await papyra(['--config', file, ...args], { env: { ...BARE, ...NOISY } }); // prettier-ignore
      expect(stderr).not.toContain('unknown key');
      const printed = (stdout + stderr).includes(SECRET);
      expect({ args, printed }).toEqual({ args, printed: false });
    }
  }
}, 120_000);
