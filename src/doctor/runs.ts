// Checks past runs, by the metrics: whether they come, whether they fail, what they drop and what they leave.
import type { StoreFacts } from '../backends/facts.js';
import { endedWell, endOf } from '../metrics/run.js';
import type { HistoryEntry } from '../metrics/state.js';
import { cut, formatBytes } from '../output/text.js';
import { ageInWords, plural } from '../units/units.js';
import { fail, pass, warn, type Check } from './check.js';
import { oldestOf } from './facts.js';
import { muchIsLeft } from './left.js';

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;

/** The last success is younger than the maximum age of records, and than three times the longest of the last gaps. */
export const lastCompaction: Check = ({ now, metrics, store, config, papyra }) => {
  if (!metrics) return null;
  const next = papyra('persistence compact');
  const maxAge = config.retention.max_age_seconds;
  if (metrics.last_success === null) {
    if (isEmpty(store)) return pass('there is nothing to compact yet');
    const overdue = maxAge !== null && oldestOf(store) < now / 1000 - 2 * maxAge;
    return overdue
      ? fail('no run has ended well yet, and there are records twice as old as they may be', next)
      : warn('no run has ended well yet', next);
  }
  const age = now - Date.parse(metrics.last_success);
  const was = `the last success was ${ageInWords(Math.max(0, age) / 1000)} ago`;
  if (maxAge !== null && age >= maxAge * 1000) {
    return fail(`${was}, and records expire after ${ageInWords(maxAge)}: is its job still there?`, next); // prettier-ignore
  }
  const gaps = lastGaps(metrics.history);
  if (gaps === null) return maxAge === null && age > WEEK ? warn(was, next) : pass(was);
  const longest = gaps.at(-1)!;
  if (age > Math.max(HOUR, 3 * longest)) {
    return warn(`${was}, and a run used to come every ${ageInWords(longest / 1000)}: is its job still there?`, next); // prettier-ignore
  }
  const usual = gaps[Math.floor(gaps.length / 2)]!;
  if (maxAge !== null && usual >= maxAge * 1000) {
    return warn(`a run comes every ${ageInWords(usual / 1000)}, and records expire after ${ageInWords(maxAge)}: they stay up to twice as long`, papyra('schedule cron')); // prettier-ignore
  }
  return pass(was);
};

/** Fewer gaps, or gaps over a shorter time, may come from runs by hand. */
const ENOUGH = { gaps: 5, time: 6 * HOUR };

/**
 * Milliseconds between the last runs, the shortest first. Takes only as many as it needs, as the schedule of the job
 * may have changed. null: too few to tell.
 */
function lastGaps(history: readonly HistoryEntry[]): number[] | null {
  const starts = history.map(({ started_at }) => Date.parse(started_at)).reverse();
  const gaps = starts.slice(1).map((start, at) => starts[at]! - start);
  let time = 0;
  const enough = gaps.findIndex((gap, at) => {
    time += gap;
    return at + 1 >= ENOUGH.gaps && time >= ENOUGH.time;
  });
  return enough === -1 ? null : gaps.slice(0, enough + 1).sort((a, b) => a - b);
}

function isEmpty(store: StoreFacts | null): boolean {
  return store?.kind === 'log' ? store.bytes === 0 : store?.streams.length === 0;
}

/** How many runs in a row may fail, or drop nothing, by chance: a run may meet another one. */
const PATIENCE = 3;
const MESSAGE_COLUMNS = 160;

/** No run has failed since the last one that ended well. */
export const errors: Check = ({ now, metrics, papyra }) => {
  if (!metrics) return null;
  const { history } = metrics;
  const since = history.slice(history.findLastIndex(endedWell) + 1);
  const failed = since.filter(({ status }) => status !== 'stopped');
  const last = failed.at(-1);
  if (!last) {
    return since.length < PATIENCE
      ? pass('no run has failed since the last success')
      : warn(`the last ${since.length} runs were stopped before their end: they need more time, or come too seldom`, papyra('metrics persistence', '--history')); // prettier-ignore
  }
  const { code, message } = last.error ?? { code: last.status, message: 'it did not say why' };
  const when = ageInWords(Math.max(0, now - Date.parse(endOf(last))) / 1000);
  const reason = `${plural(failed.length, 'run')} failed since the last success, the last one ${when} ago: ${code}: ${cut(message, MESSAGE_COLUMNS)}`;
  if (code === 'refused') return fail(reason, papyra('persistence compact', '--dry-run'));
  if (code !== 'try_again') return fail(reason, papyra('persistence compact'));
  const next = papyra('persistence compact', '--lock-wait', '10m');
  return failed.length < PATIENCE ? warn(reason, next) : fail(reason, next);
};

const RUNS = { least: 5, most: 10 };
const MUCH = 1.5;

/** The store does not grow from run to run although runs drop records. */
export const growth: Check = ({ metrics, papyra }) => {
  if (!metrics) return null;
  const left = metrics.history
    .filter((run) => endedWell(run) && (run.records_dropped ?? 0) > 0)
    .flatMap(({ disk_usage_bytes }) => disk_usage_bytes ?? [])
    .slice(-RUNS.most);
  if (left.length < RUNS.least) return pass('too few runs have dropped records to tell');
  const [first, last] = [left[0]!, left.at(-1)!];
  const grows = left.every((bytes, at) => at === 0 || bytes > left[at - 1]!);
  if (!grows || last < first * MUCH) return pass(`the last ${left.length} runs left the store much alike`); // prettier-ignore
  return warn(
    `each of the last ${left.length} runs dropped records and left more than the one before, ${formatBytes(first)} first and ${formatBytes(last)} now: is the limit too wide for this traffic?`,
    papyra('metrics persistence', '--history'),
  );
};

/** Runs drop records when some have expired. */
export const nothingFreed: Check = ({ metrics, config, papyra }) => {
  if (!metrics) return null;
  const runs = metrics.history.filter(endedWell).slice(-PATIENCE);
  const report = metrics.last_compaction;
  if (!report || runs.length < PATIENCE) return pass('too few runs to tell');
  if (runs.every((run) => run.records_scanned === 0)) {
    return pass(`there was nothing to read in the last ${PATIENCE} runs`);
  }
  const inVain = runs.every((run) => run.records_dropped === 0);
  if (!inVain) return pass('runs drop what has expired');
  if (report.waiting) return pass('what has expired waits for min_reclaim');
  const { expired_left: left, undated, scanned } = report.records;
  const reason = `the last ${PATIENCE} runs dropped nothing`;
  if (muchIsLeft(report)) {
    return warn(`${reason}, and left ${plural(left, 'expired record')}`, papyra('persistence compact', '--dry-run')); // prettier-ignore
  }
  const { max_age_seconds, max_records, max_total_bytes } = config.retention;
  const onlyAge = max_age_seconds !== null && max_records === null && max_total_bytes === null;
  if (onlyAge && undated !== null && scanned !== null && undated > scanned / 2) {
    return warn(
      `${reason}: ${plural(undated, 'record')} of ${scanned} have no timestamp, and the only limit is an age`,
      papyra('persistence compact', '--undated', 'drop', '--dry-run'),
    );
  }
  return pass('nothing had expired in the last runs');
};
