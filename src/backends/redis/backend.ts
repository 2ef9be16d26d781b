import type { RedisStore } from '../../config/types.js';
import type { Backend, Plan, PlanRequest } from '../backend.js';
import { findStreams } from './discover.js';
import { executeStreams } from './execute.js';
import { redisHash } from './hash.js';
import { storeKey, targetName } from './names.js';
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
import { memoryOf, readState } from './stream.js';

/** Streams of one master that are planned at a time: each command is a short read. */
const PLANS_PER_NODE = 8;

/** The streams of one or many systems: on one server, behind sentinels, or in a cluster. */
export function redisBackend(store: RedisStore): Backend {
  const session = new Session(store);
  const target = targetName(store);
  return {
    name: 'redis',
    target,
    home: () => ({ hash: redisHash(session, `${storeKey(store)}:compaction`) }),
    usage: () => memoryOfAll(session),
    check: () => checkStreams(session, target),
    plan: (request) => planStreams(session, target, request),
    examine: async (signal) => {
      session.heed(signal);
      const { examineStreams } = await import('./examine.js');
      return examineStreams(session);
    },
    close: async () => session.close(),
  };
}

async function checkStreams(session: Session, target: string): Promise<string[]> {
  const places = await findStreams(session);
  const limit = perNode(PLANS_PER_NODE);
  const states = await Promise.all(
    places.map(({ key, node }) => limit(node, () => readState(session, key))),
  );
  return states.some((state) => state !== null && state.length > 0) ? [] : [nothingThere(target)];
}

function nothingThere(target: string): string {
  return `no entries in ${target}: the runtime has written nothing there yet`;
}

async function planStreams(session: Session, target: string, request: PlanRequest): Promise<Plan> {
  const startedAt = Date.now();
  session.heed(request.signal);
  const places = await findStreams(session);
  const limit = perNode(PLANS_PER_NODE);
  const looks = await Promise.all(
    places.map(({ key, node }) =>
      limit(node, async (): Promise<StreamResult | null> => {
        const began = Date.now();
        try {
          const plan = await planStream(session, key, node, request);
          return plan && previewOf(plan);
        } catch (error) {
          return failedPlan(key, Date.now() - began, wordedFailure(error, session));
        }
      }),
    ),
  );
  const previews = looks.filter((look) => look !== null);
  const plans = previews.flatMap(({ plan }) => plan ?? []);
  const head: ReportHead = { target, rules: request.rules, startedAt, warnings: [] };
  if (previews.length === 0) {
    head.warnings.push(nothingThere(target));
  }
  if (!request.allowEmpty && plans.length === previews.length) {
    assertSomethingStays(target, plans, request.rules);
  }
  const report = streamsReport(head, previews);
  return {
    report: request.dryRun ? concluded(report, previews) : report,
    execute: () => executeStreams(session, request, head, previews),
    close: () => Promise.resolve(),
  };
}

function previewOf(plan: StreamPlan): StreamResult {
  const { key, memory, planMs } = plan;
  const nothing = plan.cuts.length === 0;
  const dropped = nothing ? { age: 0, count: 0, size: 0 } : plan.dropped;
  const left = plan.held === null ? null : plan.behind.size + plan.held;
  const memoryAfter = nothing ? memory : null;
  return { key, plan, dropped, appended: 0, left, memoryAfter, durationMs: planMs };
}

function failedPlan(
  key: string,
  durationMs: number,
  failure: StreamResult['failure'],
): StreamResult {
  const nothing = { age: 0, count: 0, size: 0 };
  return { key, dropped: nothing, appended: null, left: null, memoryAfter: null, durationMs, failure }; // prettier-ignore
}

async function memoryOfAll(session: Session): Promise<number | null> {
  const places = await findStreams(session);
  const limit = perNode(PLANS_PER_NODE);
  const sizes = await Promise.all(
    places.map(({ key, node }) => limit(node, () => memoryOf(session, key))),
  );
  return sizes.reduce((all, one) => (all === null || one === null ? null : all + one), 0);
}
