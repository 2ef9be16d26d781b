// Makes the report, the warnings and the refusals of the plan for one log.
import { PapyraError } from '../errors/errors.js';
import { ageInWords, plural } from '../units/units.js';
import { blankReport, type CompactionReport, type RewriteMethod } from '../report/report.js';
import { ageCutoff, isUnlimited, policyOf, type RetentionRules } from '../retention/policy.js';
import type { Totals } from './totals.js';
import { foreignWarning, isNoLog, type Foreign } from './foreign/form.js';
import { unitOf } from './foreign/unit.js';
import type { LogScan } from './scan.js';

/** @throws {PapyraError} `refused` when the operator has to confirm the plan. */
export function assertAcceptable(
  target: string,
  scan: LogScan,
  totals: Totals,
  rules: RetentionRules,
  allowEmpty: boolean,
  foreign: readonly NamedForeign[] = [],
): void {
  const first = foreign[0];
  if (rules.unreadable === 'fail' && scan.unreadable > 0) {
    throw new PapyraError(
      'refused',
      `${target} has ${plural(scan.unreadable, 'unreadable line')}, and --unreadable fail was asked for${also(first)}`,
      {
        hint: isRecoverable(foreign)
          ? 'run papyra persistence recover, or leave the option out: they are kept as they are'
          : first!.remedy,
      },
    );
  }
  if (totals.anythingGoes && totals.kept === 0 && !allowEmpty) {
    throw new PapyraError(
      'refused',
      `nothing would be left of ${target}: ${whatGoes(totals)} would go; ${newest(scan, rules.now)}${also(first)}`,
      {
        hint: first
          ? `${first.remedy}; if all of it shall go, add --allow-empty`
          : "check the limit and this machine's clock; if it is right, add --allow-empty",
      },
    );
  }
}

/** A file of the store that is no log of the runtime. */
export type NamedForeign = Foreign & { name: string };

function also(foreign: NamedForeign | undefined): string {
  return foreign ? `; ${foreign.name} ${foreign.looks}` : '';
}

/** To recover a file that is no log would be to destroy it. */
function isRecoverable(foreign: readonly NamedForeign[]): boolean {
  return !foreign.some(isNoLog);
}

function whatGoes({ scanned, discarded }: Totals): string {
  if (discarded === 0) return `all ${plural(scanned, 'record')}`;
  return `all ${plural(scanned, 'record')} and ${plural(discarded, 'unreadable line')}`;
}

export const NO_LIMIT =
  'no retention limit is set, so nothing expires; set max_age_seconds, max_records or max_total_bytes';

export function warningsOf(
  scan: LogScan,
  rules: RetentionRules,
  foreign: readonly NamedForeign[] = [],
): string[] {
  const warnings = foreign.map((one) => foreignWarning(one.name, one));
  if (scan.unread === 'head') {
    warnings.push('what is older than the limit was not read, as --unreadable drop allows: its lines are not counted'); // prettier-ignore
  }
  if (isUnlimited(rules)) warnings.push(NO_LIMIT);
  if (scan.unreadable > 0) {
    const lines = plural(scan.unreadable, 'unreadable line');
    const advice = isRecoverable(foreign) ? '; run papyra persistence recover' : '';
    warnings.push(
      rules.unreadable === 'drop'
        ? `${lines} to go, as --unreadable drop says`
        : `${lines} kept as ${scan.unreadable === 1 ? 'it is' : 'they are'}${advice}`,
    );
  }
  if (scan.undated > 0) warnings.push(undated(scan.undated, rules, hasTimes(foreign)));
  if (scan.future > 0 && !foreign.some(({ form }) => form.kind === 'unit')) {
    const unit = unitOf(scan.newest);
    const why = unit
      ? `the timestamp of the newest looks like ${unit}, and the runtime writes seconds`
      : 'check the clocks of the machines that write';
    warnings.push(`${plural(scan.future, 'record')} dated more than a day ahead; ${why}`);
  }
  return warnings;
}

/** They have a time, only not where and how the runtime writes it: to drop them would be to drop all. */
function hasTimes(foreign: readonly NamedForeign[]): boolean {
  return foreign.some(({ form }) => form.kind === 'text' || form.kind === 'key');
}

function undated(records: number, rules: RetentionRules, dated: boolean): string {
  const which = `${plural(records, 'record')} without a finite numeric timestamp`;
  if (rules.undated === 'drop') return `${which} to go, as --undated drop says`;
  if (ageCutoff(rules) === -Infinity) return `${which} counted like any other`;
  const kept = `${which} kept: the age limit cannot apply`;
  return dated ? kept : `${kept}; drop with --undated drop`;
}

/** The dry run's report of a log that is one file. */
export function dryRunReport(
  task: { backend: string; target: string; startedAt: number; size: number; rules: RetentionRules },
  name: string,
  scan: LogScan,
  totals: Totals,
  foreign: Foreign | undefined,
  method: RewriteMethod | undefined,
): CompactionReport {
  const { bytesGoing, anythingGoes } = totals;
  const known = <T>(value: T): T | null => (scan.unread ? null : value);
  const scanned = known(totals.scanned);
  // What goes is counted, unless it is the part that was not read.
  const going = <T>(value: T): T | null => (scan.unread === 'head' ? null : value);
  const dropped = going(totals.dropped);
  const kept = scan.unread === 'rest' ? null : totals.kept;
  const { age, count: byCount, size, free } = totals.droppedBy;
  const { backend, target, startedAt, size: before } = task;
  const policy = policyOf(task.rules);
  const after = before - bytesGoing;
  return {
    ...blankReport({ status: 'dry_run', backend, target, policy, startedAt }),
    records: {
      scanned,
      kept,
      dropped,
      dropped_by: { age, count: going(byCount), size: going(size), free },
      expired_left: totals.expiredLeft,
      unreadable: known(scan.unreadable),
      undated: known(scan.undated),
      appended: 0,
    },
    bytes: { before, after, reclaimed: bytesGoing, appended: 0 },
    files: {
      scanned: 1,
      rewritten: totals.action === 'rewritten' ? 1 : 0,
      removed: 0,
      unchanged: anythingGoes ? 0 : 1,
    },
    parts: [
      {
        name,
        scanned,
        kept,
        dropped,
        bytes_before: before,
        bytes_after: after,
        action: totals.action,
        ...(method === undefined ? {} : { method }),
      },
    ],
    method: method ?? null,
    warnings: warningsOf(scan, task.rules, named(name, foreign)),
  };
}

export function named(name: string, foreign: Foreign | undefined): NamedForeign[] {
  return foreign ? [{ ...foreign, name }] : [];
}

function newest(scan: LogScan, now: number): string {
  if (Number.isNaN(scan.newest)) return 'none of them has a timestamp';
  const at = isoTime(scan.newest);
  const age = now - scan.newest;
  return age < 0
    ? `the newest is dated ahead (${at})`
    : `the newest is ${ageInWords(age)} old (${at})`;
}

export function isoTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `timestamp ${seconds}` : date.toISOString();
}
