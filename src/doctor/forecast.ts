// Checks where the growth of the store leads: whether the disk or the memory is full soon, and compaction keeps up.
import { basisText, inTime, outlookText, paceText, suggestionText } from '../output/forecast.js';
import type { Forecast } from '../report/forecast.js';
import { fail, pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { logOf, type Facts } from './facts.js';

/** Days. */
const SOON = { warn: 7, fail: 1 };

/** At this pace the room lasts for a week, and until the next run; compaction holds the store at its limits. */
export const forecast: Check = (facts) => {
  const { forecast: found } = facts;
  if (!found) return null;
  const { full, keeps_up: keepsUp } = found;
  const comes = paceText(found.bytes_per_day, found.records_per_day);
  if (comes === null) return pass(found.unknown ?? 'nothing is known of its growth');
  const outlook = `${outlookText(found)}, at ${comes} (${basisText(found)})`;
  if (full === null) {
    if (keepsUp === false) return warn(behindText(found, comes), nextOf(facts, found));
    return pass(outlook);
  }
  const fit = suggestionText(found);
  const why = `${outlook}, counting this store alone${fit ? `; ${fit}` : ''}`;
  if (full.in_days <= SOON.fail) return fail(why, nextOf(facts, found));
  const every = found.run_every_days ?? 0;
  if (full.in_days <= every) return warn(`${why}; the next run may come too late, ${inTime(every)}`, nextOf(facts, found)); // prettier-ignore
  if (keepsUp === false) return warn(`${why}; ${behindText(found, comes)}`, nextOf(facts, found));
  return full.in_days <= SOON.warn ? warn(why, nextOf(facts, found)) : pass(outlook);
};

function behindText(found: Forecast, comes: string): string {
  const goes = paceText(found.dropped_bytes_per_day, found.dropped_records_per_day) ?? 'nothing';
  return `compaction falls behind: ${comes} come, ${goes} go, and the store is larger than its limits allow`;
}

/** The limit that would fit, as a dry run; else what is expired now; else what fills the disk. */
function nextOf(facts: Facts, { suggestion, keeps_up: keepsUp }: Forecast): string {
  const { papyra } = facts;
  if (suggestion) {
    const flag = suggestion.key === 'max_age_seconds' ? '--max-age' : '--max-total-bytes';
    return papyra('persistence compact', flag, suggestion.setting, '--dry-run');
  }
  const log = logOf(facts);
  if (keepsUp === false || !log) return papyra('persistence compact', '--dry-run');
  return typed('df', '-h', log.directory.path);
}
