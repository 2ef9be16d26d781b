// Limits how many bytes one answer of a server may bring.
import type { Redis } from 'ioredis';
import { noteBytes } from './collect.js';

/** An answer was larger than its limit, so its connection was closed. */
export class TooLarge extends Error {}

/**
 * Waits for an answer. When it has more than `limit` bytes, the connection is closed before they are all in memory. The
 * answers that others wait for on that connection count, too, and must be asked for again.
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
