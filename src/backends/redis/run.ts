// Limits how much work is done on each master at a time, and words the failure of a stream.
import pLimit, { type LimitFunction } from 'p-limit';
import { PapyraError } from '../../errors/errors.js';
import { redisError } from './failure.js';
import type { Session } from './session.js';

/** Runs work on each master with a limit of its own. */
export function perNode(
  concurrency: number,
): <T>(node: string, work: () => Promise<T>) => Promise<T> {
  const limits = new Map<string, LimitFunction>();
  return (node, work) => {
    const limit = limits.get(node) ?? pLimit(concurrency);
    limits.set(node, limit);
    return limit(work);
  };
}

/** The failure of one stream, after which the others go on. A bug ends the run: it is thrown. */
export function wordedFailure(error: unknown, session: Session): PapyraError {
  const inWords = redisError(error, session.name);
  if (inWords instanceof PapyraError) return inWords;
  throw inWords;
}
