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

/** What a stream failed of, when the others may go on all the same; a bug ends the run. */
export function wordedFailure(error: unknown, session: Session): PapyraError {
  const inWords = redisError(error, session.name);
  if (inWords instanceof PapyraError) return inWords;
  throw inWords;
}
