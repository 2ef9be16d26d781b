import type { Redis } from 'ioredis';
import { noteBytes } from './collect.js';

/** An answer was larger than it may be, and was not waited for. */
export class TooLarge extends Error {}

/**
 * Waits for an answer, of at most so many bytes: with more, the connection is closed before they are all in memory. What
 * others wait for on that connection counts, too, and is to be asked for again.
 *
 * @throws {TooLarge}
 */
export async function bounded<T>(
  { stream }: Pick<Redis, 'stream'>,
  limit: number,
  ask: () => Promise<T>,
): Promise<T> {
  const before = stream.bytesRead;
  const isTooLarge = () => stream.bytesRead - before > limit;
  const check = (): void => {
    if (isTooLarge()) stream.destroy();
  };
  stream.on('data', check);
  try {
    return await ask();
  } catch (error) {
    if (!isTooLarge()) throw error;
    noteBytes(limit);
    throw new TooLarge(`an answer of more than ${limit} bytes`, { cause: error });
  } finally {
    stream.off('data', check);
  }
}
