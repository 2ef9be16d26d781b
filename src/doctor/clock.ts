// Checks that this machine's clock, which decides retention by age, agrees with the clocks that date records.
import { ageInWords } from '../units/units.js';
import { fail, pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { newestOf, streamsOf } from './facts.js';
import { hasOtherUnit } from './format.js';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

export const clock: Check = (facts) => {
  const { now, store, metrics } = facts;
  if (!store) return null;
  for (const { secondsAhead: ahead, cli } of streamsOf(facts)?.servers ?? []) {
    const apart = Math.abs(ahead ?? 0);
    if (apart < MINUTE) continue;
    const how = (ahead ?? 0) > 0 ? 'behind' : 'ahead of';
    const reason = `this clock is ${ageInWords(apart)} ${how} that of Redis`;
    return (apart < HOUR ? warn : fail)(reason, typed('redis-cli', ...cli, 'TIME'));
  }
  const next = 'timedatectl';
  const ahead = newestOf(store) - now / 1000;
  if (ahead > 5 * MINUTE && !hasOtherUnit(facts)) {
    const reason = `the newest record is dated ${ageInWords(ahead)} ahead: a clock, or the unit of its timestamp, is wrong`;
    return (ahead < DAY ? warn : fail)(reason, next);
  }
  const last = metrics?.last_run;
  if (last && Date.parse(last.started_at) > now + MINUTE * 1000) {
    return warn(`the last run is dated ahead (${last.started_at}): a clock was set back`, next);
  }
  return pass('it agrees with what dates records');
};
