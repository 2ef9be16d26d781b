// What servers, nodes and stores are called, and the jobs for them.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KINDS, nodeName, nothingThere, serverName, storeKey, targetName, withPort } from '../../src/backends/redis/names.js'; // prettier-ignore
import { ALONE } from '../../src/backends/redis/nodes.js';
import type { RedisServer, RedisStore } from '../../src/config/types.js';
import { jobName, seedOf } from '../../src/schedule/name.js';

const store = (server: RedisServer, db = 0, systems = ['local']): RedisStore =>
  ({ backend: 'redis', server, db, prefix: 'papyra', systems, approx: true, timeoutMs: 1 }); // prettier-ignore
const single = (host: string, port?: number): RedisServer => ({ kind: 'single', at: port === undefined ? { host } : { host, port } }); // prettier-ignore

describe('a Redis store', () => {
  test.each([
    [store(single('10.0.0.7', 6380)), '10.0.0.7:6380'],
    [store(single('10.0.0.7'), 3), '10.0.0.7:6379/3'],
    [store(single('::1', 1)), '[::1]:1'],
    [store({ kind: 'single', at: { path: '/run/redis.sock' } }, 1), '/run/redis.sock/1'],
    [store({ kind: 'sentinel', name: 'mymaster', nodes: [] }, 1), 'mymaster (sentinel)'],
    [store({ kind: 'cluster', nodes: [{ host: 'a', port: 1 }, { host: 'b', port: 2 }] }), 'cluster of a:1'],
  ])('is called by its server: %#', (of, name) => {
    expect(serverName(of)).toBe(name);
    expect(nodeName(of, ALONE)).toBe(name);
    expect(nodeName(of, 'a:9')).toBe(`a:9 (of the ${name})`);
    expect(targetName(of)).toBe(`${name} papyra:local`);
  }); // prettier-ignore

  test('is called by its keys', () => {
    expect(storeKey(store(single('a'), 0, ['a', 'b']))).toBe('papyra:a,b');
    expect(withPort('a', undefined)).toBe('a:6379');
    expect(KINDS).toEqual(['events', 'audits', 'dead_letters']);
    expect(nothingThere('x')).toBe('no entries in x: the runtime has written nothing there yet');
  });
});

describe('the name of a job', () => {
  const hash = (target: string) => createHash('sha256').update(target).digest('hex').slice(0, 8);

  test.each([
    ['/var/lib/app/events.ndjson', 'papyra-app-events'],
    ['/events', 'papyra-events'],
    ['orders', 'papyra-orders'],
  ])('of %s is %s', (target, name) => expect(jobName(target)).toBe(name));

  test.each([
    ['/data/My App/events.ndjson', 'papyra-my-app-events'],
    ['/data/a_b-/x', 'papyra-a-b-x'],
    ['a:b:', 'papyra-a-b'],
    [`/d/${'x'.repeat(60)}`, `papyra-d-${'x'.repeat(34)}`],
    [`/d/${'x'.repeat(33)}-y${'x'.repeat(20)}`, `papyra-d-${'x'.repeat(33)}`],
    [`/d/${'x'.repeat(44)}`, `papyra-d-${'x'.repeat(34)}`],
  ])('of %s has a part of a hash, as something is lost', (target, name) => {
    expect(jobName(target)).toBe(`${name}-${hash(target)}`);
  });

  test('may have 52 characters', () => {
    expect(jobName(`/d/${'x'.repeat(43)}`)).toBe(`papyra-d-${'x'.repeat(43)}`);
  });

  test('has a hash of eight digits, whatever it begins with', () => {
    let n = 0;
    while (!hash(`a:${n}`).startsWith('0')) n += 1;
    expect(jobName(`a:${n}`)).toBe(`papyra-a-${n}-${hash(`a:${n}`)}`);
    expect(seedOf('a')).toBe(Number.parseInt(hash('a'), 16));
  });
});
