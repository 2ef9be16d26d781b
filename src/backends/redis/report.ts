// Builds the report of a run over streams, and makes one error of the failures of its streams.
import { plural } from '../../units/units.js';
import { PapyraError } from '../../errors/errors.js';
import {
  blankReport,
  type CompactionPart,
  type CompactionReport,
  type Freeing,
} from '../../report/report.js';
import { isUnlimited, policyOf, type RetentionRules } from '../../retention/policy.js';
import { NO_LIMIT } from '../../log/report.js';
import { failureOf, whyFailed } from './failed-parts.js';
import { heldBy } from './groups.js';
import { isoOf, secondsOf } from './ids.js';
import type { Dropped } from './limits.js';
import type { StreamPlan } from './plan-stream.js';

/** What became, or would become, of one stream. */
export interface StreamResult {
  key: string;
  plan?: StreamPlan | undefined;
  /** null: not known without doing it. */
  dropped: Dropped | null;
  appended: number | null;
  left: number | null;
  /** Why expired entries are still there. */
  stays?: string | undefined;
  memoryAfter: number | null;
  durationMs: number;
  failure?: PapyraError | undefined;
}

export interface ReportHead {
  target: string;
  rules: RetentionRules;
  startedAt: number;
  warnings: string[];
  /** Of a run that frees memory. */
  freeing?: Freeing | undefined;
}

export function streamsReport(
  head: ReportHead,
  results: readonly StreamResult[],
): CompactionReport {
  const { target, rules, startedAt } = head;
  const total = (of: (result: StreamResult) => number | null): number | null =>
    sum(results.map(of));
  const by = (limit: keyof Dropped) => total(({ dropped }) => dropped?.[limit] ?? null);
  const scanned = total(({ plan }) => plan?.state.length ?? 0);
  const dropped = total((result) => droppedOf(result));
  const before = total(({ plan }) => (plan ? plan.memory : 0));
  const after = total(({ plan, memoryAfter }) => (plan ? memoryAfter : 0));
  return {
    ...blankReport({
      status: 'dry_run',
      backend: 'redis',
      target,
      policy: policyOf(rules),
      startedAt,
    }),
    ...(head.freeing ? { freeing: head.freeing } : {}),
    records: {
      scanned,
      kept: scanned === null || dropped === null ? null : scanned - dropped,
      dropped,
      dropped_by: { age: by('age'), count: by('count'), size: by('size'), free: by('free') },
      expired_left: total(({ left }) => left),
      unreadable: null,
      undated: null,
      appended: total(({ appended }) => appended),
    },
    bytes: { before, after, reclaimed: reclaimed(before, after), appended: null },
    parts: results.map(partOf),
    warnings: [...head.warnings, ...warningsOf(rules, results)],
  };
}

function partOf(result: StreamResult): CompactionPart {
  const { key, plan, memoryAfter, durationMs } = result;
  const dropped = droppedOf(result);
  const scanned = plan?.state.length ?? 0;
  const pin = pinOf(result);
  return {
    name: key,
    scanned,
    kept: dropped === null ? null : scanned - dropped,
    dropped,
    bytes_before: plan ? plan.memory : null,
    bytes_after: memoryAfter,
    action: dropped === 0 ? 'unchanged' : 'trimmed',
    oldest: plan ? isoOf(plan.state.first) : null,
    newest: plan ? isoOf(plan.state.last) : null,
    duration_ms: durationMs,
    ...(pin === undefined ? {} : { pinned_by: pin }),
  };
}

function pinOf({ failure, plan, stays }: StreamResult): string | undefined {
  const failed = failure && whyFailed(failure);
  const held = plan?.floor && heldBy(plan.floor, plan.held);
  return [failed, held, stays].filter(Boolean).join('; ') || undefined;
}

function droppedOf({ dropped }: StreamResult): number | null {
  return dropped && dropped.age + dropped.count + dropped.size + dropped.free;
}

function reclaimed(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : Math.max(0, before - after);
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce((all, value) => (all === null || value === null ? null : all + value), 0);
}

const A_DAY = 86_400;

function warningsOf(rules: RetentionRules, results: readonly StreamResult[]): string[] {
  const warnings = isUnlimited(rules) ? [NO_LIMIT] : [];
  const ahead = results.find(({ plan }) => plan && secondsOf(plan.state.last) > rules.now + A_DAY);
  if (ahead) {
    warnings.push(
      `the newest entry of ${ahead.key} is dated more than a day ahead; check the clock of the server`,
    );
  }
  return warnings;
}

/** @throws {PapyraError} `refused` when no entry at all would be left in any stream. */
export function assertSomethingStays(
  target: string,
  plans: readonly StreamPlan[],
  rules: RetentionRules,
): void {
  if (plans.length === 0 || plans.some(({ empties }) => !empties)) return;
  const newest = Math.max(...plans.map(({ state }) => secondsOf(state.last)));
  const entries = plans.reduce((all, { state }) => all + state.length, 0);
  const hours = Math.round((rules.now - newest) / 3600);
  const age = hours < 0 ? 'dated ahead' : `${plural(hours, 'hour')} old`;
  const all = entries === 1 ? 'its one entry' : `all ${plural(entries, 'entry')}`;
  throw new PapyraError(
    'refused',
    `nothing would be left of ${target}: ${all} would go; the newest is ${age} (${isoOf(`${Math.round(newest * 1000)}-0`)})`,
    { hint: "check the limit and this machine's clock; if it is right, add --allow-empty" },
  );
}

/**
 * Completes the report of a run that is over.
 *
 * @throws {PapyraError} the first failure of a part, with the report of what was done nevertheless.
 */
export function concluded(
  report: CompactionReport,
  results: readonly StreamResult[],
): CompactionReport {
  report.duration_ms = Date.now() - Date.parse(report.started_at);
  const failure = failureOf(results, {
    warnings: report.warnings,
    somethingDone: Boolean(report.records.dropped),
    hintWhenStopped: 'what was trimmed stays trimmed; run again for the rest',
    details: 'see pinned_by in --json',
    attached: { report },
  });
  if (!failure) return report;
  report.status = failure.code === 'interrupted' ? 'stopped' : 'partial';
  throw failure;
}
