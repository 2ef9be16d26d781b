// The words for what a server refuses, and what is in an id, of errors as ioredis throws them.
import { describe, expect, test } from 'vitest';
import { PapyraError } from '../../../src/errors/errors.js';
import { redisError } from '../../../src/backends/redis/failure.js';
import { isBefore, secondsOf } from '../../../src/backends/redis/ids.js';
import { keyOf, notKnown } from '../../../src/backends/redis/refusal.js';

const reply = (message: string, more: object = {}): Error => Object.assign(new Error(message), { name: 'ReplyError', ...more }); // prettier-ignore
const say = (error: unknown) => redisError(error, 'here:1') as PapyraError;

describe('an error of a server', () => {
  test.each([
    ['NOPERM this user has no permissions to run the command', {}, 'may not run COMMAND'],
    ["NOPERM this user has no permissions to run the 'xtrim' command", {}, 'may not run XTRIM'],
    ['NOPERM this user has no permissions to run the command', { command: { name: 'XINFO', args: ['STREAM', 'a:b'] } }, 'may not run XINFO STREAM'],
    ['NOPERM this user has no permissions to access one of the keys', { command: { name: 'xtrim', args: [7, 'a', 'p:local:events'] } }, 'may not touch p:local:events'],
    ['NOPERM this user has no permissions to access one of the keys', { command: { name: 'xtrim', args: ['alone'] } }, 'may not touch alone'],
  ])('%s %o: %s', (message, more, words) => {
    expect(say(reply(message, more))).toMatchObject({ code: 'permission_denied', message: expect.stringContaining(words) as string });
  });

  test('is that of the innermost command, or of the last node', () => {
    const inner = reply('NOPERM this user has no permissions', { command: { name: 'xadd', args: ['a:quarantine:b'] } });
    const wrapped = Object.assign(new Error('EXECABORT'), { previousErrors: [inner] });
    expect(say(wrapped)).toMatchObject({ code: 'permission_denied', hint: expect.stringContaining('quarantine') as string });
    expect(say(Object.assign(new Error('Failed'), { lastNodeError: wrapped })).code).toBe('permission_denied');
  });

  test('that nobody knows is told as it is; what is no error of a server is left as it is', () => {
    expect(say(reply('ERR something new'))).toMatchObject({ code: 'io_error', message: expect.stringContaining('refused: ERR something new') as string });
    const bug = new TypeError('x is undefined');
    expect(redisError(bug, 'here:1')).toBe(bug);
    expect(redisError(new PapyraError('usage', 'a'), 'here:1')).toMatchObject({ code: 'usage' });
    expect(say('ECONNREFUSED')).toMatchObject({ code: 'unreachable' });
    expect(say(new AggregateError([new Error('connect ECONNREFUSED ::1:1')], ''))).toMatchObject({ code: 'unreachable' });
  });

  test('about a command that it does not know', () => {
    expect(notKnown(reply("ERR unknown command 'XTRIM'"), 'here:1').message).toContain('XTRIM');
    expect(keyOf(reply(''))).toBe('');
  });
}); // prettier-ignore

test('an id without its second number has one all the same', () => {
  expect([secondsOf('1500-7'), secondsOf('1500')]).toEqual([1.5, 1.5]);
  expect([isBefore('1500', '1500-1'), isBefore('1500', '1500-0')]).toEqual([true, false]);
});
