// The backend of a log that is one NDJSON file, to which a live runtime may be appending.
import { closeSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { diskRoom } from '../../files/space.js';
import type { Step } from '../../forecast/growth.js';
import { holdNames, namesFor } from '../../files/names.js';
import { findLeftovers, logMoved } from '../../files/recover.js';
import type { StoreInspection } from '../../report/inspection.js';
import { blankReport } from '../../report/report.js';
import { NOTHING_DROPPED, policyOf } from '../../retention/policy.js';
import type { Backend, InspectRequest, Plan, PlanRequest } from '../backend.js';
import { checkDirectory, checkLog, notThereYet } from '../../log/check.js';
import type { LogFacts } from '../facts.js';
import { resolvedPlace } from '../../files/resolve.js';
import { locateLog, openLog, type NamedBy } from '../../log/open.js';
import { planLog } from './plan.js';

export function jsonBackend(path: string, namedBy: NamedBy): Backend {
  return {
    name: 'json',
    target: path,
    metricsLocation: () => ({ log: placeOf(path, namedBy) }),
    usage: async () => locateLog(path, namedBy)?.stat.size ?? 0,
    room: async () => ({ of: 'disk', copy: true, ...diskRoom(dirname(placeOf(path, namedBy))) }),
    arrivals: () => arrivalsOfFile(path, namedBy),
    check: async () => {
      const located = locateOrReport(path, namedBy);
      if (!located) {
        checkDirectory(path);
        return [notThereYet(path)];
      }
      const log = openLog(located.path);
      closeSync(log.fd);
      checkLog(log);
      return [];
    },
    plan: async (request) => {
      const located = locateOrReport(path, namedBy);
      return located ? planLog(located.path, request) : emptyPlan(path, request);
    },
    scan: async (request) => {
      const { scanJson } = await import('./scan.js');
      return scanJson(path, namedBy, request);
    },
    recover: async (request) => {
      const { recoverJson } = await import('./recover.js');
      return recoverJson(path, namedBy, request);
    },
    simulate: async (request) => {
      const { simulateJson } = await import('./simulate.js');
      return simulateJson(path, locateOrReport(path, namedBy)?.path ?? null, request);
    },
    inspect: (request) => inspectFile(path, namedBy, request),
    examine: () => examineFile(path, namedBy),
    records: async function* (request) {
      const { recordsOfLog } = await import('./records.js');
      yield* recordsOfLog(path, namedBy, request);
    },
  };
}

function placeOf(path: string, namedBy: NamedBy): string {
  return locateLog(path, namedBy)?.path ?? resolvedPlace(path);
}

async function arrivalsOfFile(path: string, namedBy: NamedBy): Promise<Step[]> {
  const located = locateLog(path, namedBy);
  if (!located) return [];
  const { arrivalsIn } = await import('../../log/arrivals.js');
  const { names, release } = holdNames(located.path);
  try {
    const log = openLog(located.path, names.entry);
    try {
      return await arrivalsIn([log]);
    } finally {
      closeSync(log.fd);
    }
  } finally {
    release();
  }
}

async function inspectFile(
  path: string,
  namedBy: NamedBy,
  request: InspectRequest,
): Promise<StoreInspection> {
  const { inspectLog } = await import('../../log/inspect.js');
  const located = locateOrReport(path, namedBy);
  const { names, release } = holdNames(located?.path ?? resolvedPlace(path));
  try {
    const log = located ? openLog(located.path, names.entry) : undefined;
    try {
      const found = await inspectLog(names, log ? [log] : [], log, request);
      return log ? found : { ...found, warnings: [...found.warnings, notThereYet(path)] };
    } finally {
      if (log) closeSync(log.fd);
    }
  } finally {
    release();
  }
}

async function examineFile(path: string, namedBy: NamedBy): Promise<LogFacts> {
  const { examineLog } = await import('../../log/examine.js');
  const located = locateLog(path, namedBy);
  const real = located?.path ?? resolvedPlace(path);
  const { names, release } = holdNames(real);
  try {
    const log = located && openLog(real, names.entry);
    try {
      const { recovery } = findLeftovers(names);
      return await examineLog(names, log ? [log] : [], { rotation: null, recovery });
    } finally {
      if (log) closeSync(log.fd);
    }
  } finally {
    release();
  }
}

/** Reports a log that was moved away while an earlier run worked; it is not one that was never there. */
function locateOrReport(path: string, namedBy: NamedBy) {
  if (existsSync(path)) return locateLog(path, namedBy);
  const place = resolvedPlace(path);
  if (existsSync(dirname(place))) {
    const names = namesFor(place);
    if (findLeftovers(names).recovery === 'log-moved') throw logMoved(names);
  }
  return locateLog(path, namedBy);
}

/** The plan for a configured log that the runtime has not created yet: it only warns. */
export function emptyPlan(path: string, request: PlanRequest): Plan {
  const counts = { scanned: 0, kept: 0, dropped: 0 };
  const others = { expired_left: 0, unreadable: 0, undated: 0, appended: 0 };
  const bytes = { before: 0, after: 0, reclaimed: 0, reclaimed_on_disk: 0, appended: 0 };
  const report = {
    ...blankReport({
      status: request.dryRun ? 'dry_run' : 'nothing_to_do',
      backend: 'json',
      target: path,
      policy: policyOf(request.rules),
      startedAt: Date.now(),
    }),
    records: { ...counts, dropped_by: NOTHING_DROPPED, ...others },
    bytes,
    files: { scanned: 0, rewritten: 0, removed: 0, unchanged: 0 },
    warnings: [notThereYet(path)],
  };
  return { report, execute: () => Promise.resolve(report), close: () => Promise.resolve() };
}
