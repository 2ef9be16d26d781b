import type { Backend } from '../backend.js';
import { planSet } from './plan.js';
import { realSetPath, sizeOfSet, type SetOptions } from './set.js';

/** A set of NDJSON files that the runtime rotates: PATH, PATH.1 … */
export function rotatingBackend(options: SetOptions): Backend {
  const real = (): SetOptions => ({
    ...options,
    path: realSetPath(options.path, options.namedBy),
  });
  return {
    name: 'rotating',
    target: options.path,
    home: () => ({ log: real().path }),
    usage: async () => sizeOfSet(real()),
    plan: (request) => planSet(real(), request),
  };
}
