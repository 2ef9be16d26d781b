import { holdNames } from '../../files/names.js';
import type { Backend } from '../backend.js';
import { checkDirectory, checkLog, notThereYet } from '../../log/check.js';
import type { LogFacts } from '../facts.js';
import { planSet } from './plan.js';
import {
  closeSet,
  checkNeighbours,
  notThere,
  openSet,
  realSetPath,
  rotationOf,
  sizeOfSet,
  type Segment,
  type SetOptions,
} from './set.js';

/** A set of NDJSON files that the runtime rotates: PATH, PATH.1 … */
export function rotatingBackend(options: SetOptions): Backend {
  const real = (): SetOptions => ({
    ...options,
    path: realSetPath(options.path, options.namedBy),
  });
  return {
    name: 'rotating',
    target: options.path,
    metricsLocation: () => ({ log: real().path }),
    usage: async () => sizeOfSet(real()),
    check: async () => checkSet(real()),
    plan: (request) => planSet(real(), request),
    examine: () => examineSet(real()),
    records: async function* (request) {
      const { recordsOfSet } = await import('./records.js');
      yield* recordsOfSet(real(), request);
    },
  };
}

function checkSet(set: SetOptions): string[] {
  const warnings = checkNeighbours(set);
  const segments = openSet(set);
  closeSet(segments);
  for (const { log } of segments) checkLog(log);
  if (segments.length > 0) return warnings;
  if (set.namedBy === 'path') throw notThere(set.path, set.namedBy);
  checkDirectory(set.path);
  return [...warnings, notThereYet(set.path)];
}

async function examineSet(set: SetOptions): Promise<LogFacts> {
  const { examineLog } = await import('../../log/examine.js');
  const { names, release } = holdNames(set.path);
  let segments: Segment[] = [];
  try {
    segments = openSet({ ...set, path: names.entry }).reverse();
    if (segments.length === 0 && set.namedBy === 'path') throw notThere(set.path, set.namedBy);
    const files = segments.map(({ log }) => log);
    return await examineLog(names, files, { rotation: rotationOf(set), recovery: null });
  } finally {
    closeSet(segments);
    release();
  }
}
