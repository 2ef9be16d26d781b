// Checks whether a guard has kept runs from their work for long: --max-drop by refusing, --min-reclaim by waiting.
import { formatBytes } from '../output/text.js';
import { ageInWords, plural } from '../units/units.js';
import { fail, pass, warn, type Check } from './check.js';

const WEEK = 7 * 86_400;
/** A few runs may be close together. */
const FEW = 3;

/** Runs wait no longer than a week, or half of the time that records are kept, for enough to be freed. */
export const guards: Check = ({ now, metrics, config, papyra }) => {
  if (!metrics) return null;
  const { guarded } = metrics;
  if (!guarded) return pass('no guard keeps runs from their work');
  const seconds = Math.max(0, now - Date.parse(guarded.since)) / 1000;
  const since = `for ${ageInWords(seconds)} (${plural(guarded.runs, 'run')})`;
  const next = papyra('persistence compact', '--dry-run');
  if (guarded.guard === 'max_drop') {
    return fail(`max_drop has refused every run ${since}: nothing expires until the limit, the clock or the guard is mended`, next); // prettier-ignore
  }
  const waits = guarded.bytes === null ? '' : `, and ${formatBytes(guarded.bytes)} wait`;
  const held = `min_reclaim has let every run wait ${since}${waits}`;
  const patience = Math.max(WEEK, (config.retention.max_age_seconds ?? 0) / 2);
  if (seconds <= patience || guarded.runs < FEW) return pass(held);
  return warn(`${held}: is it too much for what this store writes?`, next);
};
