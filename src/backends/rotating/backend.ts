// The backend of a set of NDJSON files that the runtime rotates: PATH, PATH.1 …
import { dirname } from 'node:path';
import { diskRoom } from '../../files/space.js';
import type { Step } from '../../forecast/growth.js';
import { PapyraError } from '../../errors/errors.js';
import { holdNames } from '../../files/names.js';
import type { StoreInspection } from '../../report/inspection.js';
import type { Backend, InspectRequest } from '../backend.js';
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

export function rotatingBackend(options: SetOptions): Backend {
  const { path, namedBy } = options;
  const real = (): SetOptions => ({ ...options, path: realSetPath(path, namedBy) });
  return {
    name: 'rotating',
    target: path,
    metricsLocation: () => ({ log: real().path }),
    usage: async () => sizeOfSet(real()),
    // What has expired of a set goes file by file, so no copy of all of it is made.
    room: async () => ({ of: 'disk', copy: false, ...diskRoom(dirname(real().path)) }),
    arrivals: () => arrivalsOfSet(real()),
    check: async () => checkSet(real()),
    plan: (request) => planSet(real(), request),
    scan: async (request) => {
      const { scanSet } = await import('./scan.js');
      return scanSet(real(), request);
    },
    recover: async (request) => {
      const { recoverSet } = await import('./recover.js');
      return recoverSet(real(), request);
    },
    simulate: async (request) => {
      const { simulateSet } = await import('./simulate.js');
      return simulateSet(real(), request);
    },
    inspect: (request) => inspectSet(real(), request),
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

/** Who only looks is told of what would stop a run. */
function neighbourWarnings(set: SetOptions): string[] {
  try {
    return checkNeighbours(set);
  } catch (error) {
    if (error instanceof PapyraError && error.code === 'config_invalid') return [error.message];
    throw error;
  }
}

async function arrivalsOfSet(set: SetOptions): Promise<Step[]> {
  const { arrivalsIn } = await import('../../log/arrivals.js');
  const { names, release } = holdNames(set.path);
  let segments: Segment[] = [];
  try {
    segments = openSet({ ...set, path: names.entry }).reverse();
    return await arrivalsIn(segments.map(({ log }) => log));
  } finally {
    closeSet(segments);
    release();
  }
}

async function inspectSet(set: SetOptions, request: InspectRequest): Promise<StoreInspection> {
  const { inspectLog } = await import('../../log/inspect.js');
  const { names, release } = holdNames(set.path);
  let segments: Segment[] = [];
  try {
    const warnings = neighbourWarnings({ ...set, path: names.entry });
    segments = openSet({ ...set, path: names.entry }).reverse();
    if (segments.length === 0 && set.namedBy === 'path') throw notThere(set.path, set.namedBy);
    const active = segments.find(({ index }) => index === 0);
    const found = await inspectLog(names, segments.map(({ log }) => log), active?.log, request); // prettier-ignore
    if (segments.length === 0) warnings.push(notThereYet(set.path));
    return { ...found, warnings: [...found.warnings, ...warnings] };
  } finally {
    closeSet(segments);
    release();
  }
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
