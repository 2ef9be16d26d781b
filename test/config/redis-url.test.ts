import { describe, expect, test } from 'vitest';
import { parseRedisUrl, wrongIn } from '../../src/config/redis-url.js';
import { tempConfig, tempRedisConfig } from '../support/config.js';
import { BARE, papyra } from '../support/papyra.js';

const at = (host: string, port = 6379) => ({ server: { host, port }, db: 0, tls: false });
const socket = (path: string) => ({ server: { path }, db: 0, tls: false });

describe('the forms of Redis and of redis-py', () => {
  test.each([
    ['redis://a', at('a')],
    ['redis://a:7/2', { ...at('a', 7), db: 2 }],
    ['rediss://a', { ...at('a'), tls: true }],
    ['redis://[::1]:7', at('::1', 7)],
    ['redis://u:w%2F%40@a', { ...at('a'), username: 'u', password: 'w/@' }],
    ['redis://:w@a', { ...at('a'), password: 'w' }],
    ['redis://a/2?db=3', { ...at('a'), db: 3 }],
    ['redis://a?username=u&password=w%26', { ...at('a'), username: 'u', password: 'w&' }],
    ['redis://u:w@a?username=x&password=y', { ...at('a'), username: 'u', password: 'w' }],
    ['unix:///run/r.sock', socket('/run/r.sock')],
    ['unix:///run/r.sock?db=4', { ...socket('/run/r.sock'), db: 4 }],
    ['unix:///run/r.sock?db=4&password=w', { ...socket('/run/r.sock'), db: 4, password: 'w' }],
    ['unix://:w@/run/r.sock', { ...socket('/run/r.sock'), password: 'w' }],
    ['unix://u:w@/run/r.sock?db=1', { ...socket('/run/r.sock'), db: 1, username: 'u', password: 'w' }],
    ['unix://u@/run/r.sock', { ...socket('/run/r.sock'), username: 'u' }],
  ])('%s is read in all its parts', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual(expected);
    expect(wrongIn(url)).toBeUndefined();
  }); // prettier-ignore
});

const WRONG: [string, RegExp][] = [
  ['localhost:6379', /no scheme/],
  ['http://a', /the scheme is http/],
  ['redis:///0', /no host/],
  ['redis://:hunter2@', /no host/],
  ['redis://a:port', /the port is no number/],
  ['redis://a:99999', /the port is no number/],
  ['redis://u:hun/ter2@a', /the port is no number.*in a password, \/ is %2F/],
  ['redis://u:hunter2#x@a', /port is no number.*# is %23|a #/],
  ['redis://a/zero', /the database is no number/],
  ['redis://a?db=x', /the database is no number/],
  ['redis://a?socket_timeout=1', /after the \? .* else than db, username, password/],
  ['redis://a b', /the host is no name/],
  ['unix://relative.sock', /no absolute path/],
  ['unix://host/run/r.sock', /no absolute path/],
];

describe('the part that is wrong is named, and where it came from', () => {
  test.each(WRONG)('%s is refused, and no secret is repeated', (url, message) => {
    expect(wrongIn(url)).toMatch(message);
    expect(wrongIn(url)).not.toMatch(/hunter2|ter2/);
  });
  test.each(WRONG)('%s is refused in a file, and in the environment', async (url, message) => {
    const file = tempConfig({ persistence: { backend: 'redis', url } });
    const inFile = await papyra(['--config', file, 'config', 'check'], { env: BARE });
    expect(inFile.stderr).toMatch(/persistence\.url: found a text, allowed: redis:/);
    expect(inFile.stderr).toMatch(message);
    const env = { ...BARE, PAPYRA_REDIS_URL: url };
    const inEnvironment = await papyra(['config', 'show', '--backend', 'redis'], { env });
    expect(inEnvironment.stderr).toMatch(/^papyra: error: PAPYRA_REDIS_URL: /);
    expect(inEnvironment.stderr).toMatch(message);
    for (const { code, stdout, stderr } of [inFile, inEnvironment]) {
      expect(code).toBe(78);
      expect(stdout + stderr).not.toMatch(/hunter2|ter2/);
    }
  });
});

test('a password after the ? is shown no more than one before the @', async () => {
  const url = 'unix:///run/none.sock?db=1&password=hunter2';
  const file = tempRedisConfig({ url });
  for (const args of [['config', 'show'], ['config', 'show', '--json'], ['persistence', 'compact', '--max-records', '5']]) {
    const { stdout, stderr } = await papyra(['--config', file, ...args], { env: BARE });
    expect(stdout + stderr).toContain('/run/none.sock');
    expect(stdout + stderr).not.toContain('hunter2');
  }
}); // prettier-ignore
