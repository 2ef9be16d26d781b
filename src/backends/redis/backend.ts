// The backend of streams of one or many systems: on one Redis server, behind sentinels, or in a cluster.
import type { RedisStore } from '../../config/types.js';
import type { PapyraError } from '../../errors/errors.js';
import { NOTHING_DROPPED } from '../../retention/policy.js';
import type { Backend, Plan, PlanRequest } from '../backend.js';
import { freeingOf, isFreeing } from '../freeing.js';
import type { CompactionReport } from '../../report/report.js';
import { findStreams } from './discover.js';
import { executeStreams } from './execute.js';
import { planFreeing, usedMemory, type Look } from './free.js';
import { redisHash } from './hash.js';
import { isBefore } from './ids.js';
import { byLimit } from './limits.js';
import { nothingThere, storeKey, targetName } from './names.js';
import { planStream, type StreamPlan } from './plan-stream.js';
import {
  assertSomethingStays,
  concluded,
  streamsReport,
  type ReportHead,
  type StreamResult,
} from './report.js';
import { perNode, wordedFailure } from './run.js';
import { Session } from './session.js';
import { timesOfStreams } from './times.js';
import { memoryOf, readState } from './stream.js';

/** Streams of one master that are planned at the same time: each command is a short read. */
const PLANS_PER_NODE = 8;

export function redisBackend(store: RedisStore, signal?: AbortSignal): Backend {
  const session = new Session(store);
  session.stopOn(signal);
  const target = targetName(store);
  return {
    name: 'redis',
    target,
    metricsLocation: () => ({ hash: redisHash(session, `${storeKey(store)}:compaction`) }),
    usage: () => memoryOfAll(session),
    room: async () => {
      const { memoryRoom } = await import('./growth.js');
      return memoryRoom(session);
    },
    arrivals: async () => {
      const { arrivalsOfStreams } = await import('./growth.js');
      return arrivalsOfStreams(session, Date.now() / 1000);
    },
    check: () => checkStreams(session, target),
    plan: (request) => planStreams(session, target, request),
    scan: async (request) => {
      const { scanStreams } = await import('./scan.js');
      return scanStreams(session, target, request);
    },
    recover: async (request) => {
      const { planRecovery } = await import('./recover.js');
      return planRecovery(session, target, request);
    },
    inspect: async (request) => {
      if (request.signal) session.stopOn(request.signal);
      const { inspectStreams } = await import('./inspect.js');
      const found = await inspectStreams(session, request, (how) => planStreams(session, target, how)); // prettier-ignore
      if (found.parts.length === 0) found.warnings.push(nothingThere(target));
      return found;
    },
    simulate: async (request) => {
      if (request.signal) session.stopOn(request.signal);
      const { simulateStreams } = await import('./simulate.js');
      const found = await simulateStreams(session, request);
      if (found.records === 0) found.warnings.push(nothingThere(target));
      return found;
    },
    examine: async (signal) => {
      session.stopOn(signal);
      const { examineStreams } = await import('./examine.js');
      return examineStreams(session);
    },
    records: async function* (request) {
      session.stopOn(request.signal);
      const { recordsOfStreams } = await import('./records.js');
      yield* recordsOfStreams(session, request);
    },
    close: async () => session.close(),
  };
}

async function checkStreams(session: Session, target: string): Promise<string[]> {
  const { places, failures } = await findStreams(session);
  if (failures[0]) throw wordedFailure(failures[0].error, session);
  const limit = perNode(PLANS_PER_NODE);
  const states = await Promise.all(
    places.map((place) => limit(place.node, () => readState(session, place))),
  );
  return states.some((state) => state !== null && state.length > 0) ? [] : [nothingThere(target)];
}

async function planStreams(session: Session, target: string, request: PlanRequest): Promise<Plan> {
  const startedAt = Date.now();
  if (request.signal) session.stopOn(request.signal);
  const found = await findStreams(session);
  const { places, failures } = found;
  const limit = perNode(PLANS_PER_NODE);
  const freed = isFreeing(request) && (await planFreeing(session, target, found, request));
  const looks = freed
    ? freed.looks.map((look) => lookedAt(session, look))
    : await Promise.all(
        places.map((place) =>
          limit(place.node, async (): Promise<StreamResult | null> => {
            const began = Date.now();
            try {
              const plan = await planStream(session, place, request);
              return plan && previewOf(plan);
            } catch (error) {
              return failedPart(place.key, Date.now() - began, wordedFailure(error, session));
            }
          }),
        ),
      );
  const unsearched = failures.map(({ node, error }) =>
    failedPart(`${session.store.prefix}:* on ${node}`, 0, wordedFailure(error, session)),
  );
  const previews = [...looks.filter((look) => look !== null), ...unsearched];
  const plans = previews.flatMap(({ plan }) => plan ?? []);
  const freeing = freed ? freeingOf(request.rules.free, freed.way) : undefined;
  const head: ReportHead = { target, rules: request.rules, startedAt, warnings: [], freeing };
  if (previews.length === 0) head.warnings.push(nothingThere(target));
  if (!request.allowEmpty) assertSomethingStays(target, plans, request.rules);
  const report = streamsReport(head, previews);
  return {
    report: request.dryRun ? concluded(report, previews) : report,
    times: () => timesOfStreams(session, plans, request.rules),
    execute: () => {
      const work = () => executeStreams(session, request, head, previews);
      return freed ? measured(session, plans, work) : work();
    },
    close: () => Promise.resolve(),
  };
}

function lookedAt(session: Session, look: Look): StreamResult | null {
  if ('plan' in look) return look.plan && previewOf(look.plan);
  return failedPart(look.place.key, 0, wordedFailure(look.error, session));
}

/** Adds to the report what the servers said of their memory before and after. */
async function measured(
  session: Session,
  plans: readonly StreamPlan[],
  work: () => Promise<CompactionReport>,
): Promise<CompactionReport> {
  const nodes = plans.map(({ node }) => node);
  const before = await usedMemory(session, nodes);
  const report = await work();
  const after = await usedMemory(session, nodes);
  if (report.freeing && before !== null && after !== null) {
    report.freeing.way += `; used_memory was ${before} bytes and is ${after}`;
  }
  return report;
}

function previewOf(plan: StreamPlan): StreamResult {
  const { key, memory, planMs, cuts, counted, behind, held } = plan;
  const nothing = cuts.length === 0;
  const [end] = cuts.flatMap((cut) => ('before' in cut ? cut.before : [])).slice(-1);
  const left = behind.filter((id) => end === undefined || !isBefore(id, end)).length + held;
  return {
    key,
    plan,
    dropped: nothing ? NOTHING_DROPPED : counted && byLimit(counted, plan),
    appended: 0,
    left,
    memoryAfter: nothing ? memory : null,
    durationMs: planMs,
  };
}

function failedPart(key: string, durationMs: number, failure: PapyraError): StreamResult {
  return {
    key,
    dropped: NOTHING_DROPPED,
    appended: null,
    left: null,
    memoryAfter: null,
    durationMs,
    failure,
  };
}

async function memoryOfAll(session: Session): Promise<number | null> {
  const { places, failures } = await findStreams(session);
  const limit = perNode(PLANS_PER_NODE);
  const sizes = await Promise.all(
    places.map((place) => limit(place.node, () => memoryOf(session, place))),
  );
  if (failures.length > 0) return null;
  return sizes.reduce((all, one) => (all === null || one === null ? null : all + one), 0);
}
