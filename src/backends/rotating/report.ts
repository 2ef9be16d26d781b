// Builds the report of a rotating set, from the plans of its files and what became of each.
import { withShownPaths } from '../../errors/held-paths.js';
import { dirname } from 'node:path';
import { spaceGoing } from '../../files/space.js';
import {
  blankReport,
  type CompactionPart,
  type CompactionReport,
  type Freeing,
} from '../../report/report.js';
import { policyOf, type RetentionRules } from '../../retention/policy.js';
import type { Plan, PlanRequest } from '../backend.js';
import { notThereYet } from '../../log/check.js';
import { untouched, type Totals } from '../../log/totals.js';
import { isoTime, named, warningsOf, type NamedForeign } from '../../log/report.js';
import { scanOf, type LogScan } from '../../log/scan.js';
import type { Result, SegmentPlan } from './decision.js';
import type { SetOptions } from './set.js';

export interface SetTask {
  set: SetOptions;
  rules: RetentionRules;
  startedAt: number;
  warnings: string[];
  /** Of a run that frees space. */
  freeing?: Freeing | undefined;
}

/** The set as one log. */
export function mergedScan(plans: readonly SegmentPlan[]): LogScan {
  return scanOf(plans.flatMap(({ seen }) => seen.blocks), 0); // prettier-ignore
}

/** The files of the set that are no log of the runtime. */
export function foreignOf(plans: readonly SegmentPlan[]): NamedForeign[] {
  return plans.flatMap(({ name, foreign }) => named(name, foreign));
}

export function totalsOfAll(plans: readonly SegmentPlan[]): Totals {
  return sumOf(plans.map(({ totals }) => totals));
}

function sumOf(parts: readonly Totals[]): Totals {
  const sum = (of: (totals: Totals) => number) => parts.reduce((total, one) => total + of(one), 0);
  const anythingGoes = parts.some((one) => one.anythingGoes);
  return {
    scanned: sum((one) => one.scanned),
    kept: sum((one) => one.kept),
    dropped: sum((one) => one.dropped),
    droppedBy: {
      age: sum((one) => one.droppedBy.age),
      count: sum((one) => one.droppedBy.count),
      size: sum((one) => one.droppedBy.size),
      free: sum((one) => one.droppedBy.free),
    },
    discarded: sum((one) => one.discarded),
    expiredLeft: sum((one) => one.expiredLeft),
    bytesKept: sum((one) => one.bytesKept),
    bytesGoing: sum((one) => one.bytesGoing),
    anythingGoes,
    action: anythingGoes ? 'rewritten' : 'unchanged',
  };
}

/** Without `results` it is the report of a dry run. */
export function setReport(
  task: SetTask,
  plans: readonly SegmentPlan[],
  merged: LogScan,
  results: ReadonlyMap<SegmentPlan, Result>,
): CompactionReport {
  const { set, rules, startedAt } = task;
  const done = plans.map((plan) => doneOf(plan, results.get(plan)));
  const total = sumOf(done.map(({ totals }) => totals));
  const before = plans.reduce((sum, { segment }) => sum + segment.log.stat.size, 0);
  const count = (...actions: string[]) =>
    done.filter(({ action }) => actions.includes(action)).length;
  const policy = policyOf(rules);
  const isPartlyRead = plans.some(({ seen }) => seen.unread);
  const known = (value: number): number | null => (isPartlyRead ? null : value);
  return {
    ...blankReport({
      status: 'dry_run',
      backend: 'rotating',
      target: withShownPaths(set.path),
      policy,
      startedAt,
    }),
    ...(task.freeing ? { freeing: task.freeing } : {}),
    records: {
      scanned: known(total.scanned),
      kept: known(total.kept),
      dropped: total.dropped,
      dropped_by: total.droppedBy,
      expired_left: total.expiredLeft,
      unreadable: known(merged.unreadable),
      undated: known(merged.undated),
      appended: 0,
    },
    bytes: {
      before,
      after: before - total.bytesGoing,
      reclaimed: total.bytesGoing,
      reclaimed_on_disk: spaceOfPlans(task.set.path, done),
      appended: 0,
    },
    files: {
      scanned: plans.length,
      rewritten: count('rewritten'),
      removed: count('removed', 'emptied'),
      unchanged: count('unchanged'),
    },
    parts: done.map(partOf),
    warnings: [...warningsOf(merged, rules, foreignOf(plans)), ...task.warnings],
  };
}

/** null: it is not known before the work is done. */
function spaceOfPlans(path: string, done: readonly Done[]): number | null {
  let sum = 0;
  for (const { segment, totals } of done) {
    const going = spaceGoing(dirname(path), segment.log.stat, totals.bytesGoing);
    if (going === null) return null;
    sum += going;
  }
  return sum;
}

type Done = Pick<SegmentPlan, 'segment' | 'name' | 'totals' | 'action' | 'seen' | 'pinnedBy'>;

/** A part that failed is unchanged. */
function doneOf(plan: SegmentPlan, result: Result | undefined): Done {
  if (result?.failure && result.action === undefined)
    return { ...plan, totals: untouched(plan.totals), action: 'unchanged' };
  return { ...plan, action: result?.action ?? plan.action };
}

function partOf({ segment, name, totals, action, seen, pinnedBy }: Done): CompactionPart {
  const { size } = segment.log.stat;
  const oldest = Math.min(...seen.blocks.map(({ sums }) => sums.oldest).filter(Number.isFinite));
  return {
    name,
    scanned: seen.unread ? null : totals.scanned,
    kept: seen.unread ? null : totals.kept,
    dropped: totals.dropped,
    bytes_before: size,
    bytes_after: size - totals.bytesGoing,
    action,
    oldest: Number.isFinite(oldest) ? isoTime(oldest) : null,
    newest: Number.isNaN(seen.newest) || seen.unread ? null : isoTime(seen.newest),
    ...(pinnedBy === undefined ? {} : { pinned_by: pinnedBy }),
  };
}

/** The plan for a configured set that the runtime has not created yet: it only warns. */
export function emptyPlan(path: string, request: PlanRequest): Plan {
  const merged = scanOf([], 0);
  const set = { path, maxBytes: 0, maxFiles: 0, namedBy: 'config' } as const;
  const warnings = [notThereYet(path)];
  const report = setReport({ set, rules: request.rules, startedAt: Date.now(), warnings }, [], merged, new Map()); // prettier-ignore
  if (!request.dryRun) report.status = 'nothing_to_do';
  return { report, execute: () => Promise.resolve(report), close: () => Promise.resolve() };
}
