// Checks the lines of a log: whether all are records, and whether one holds back what has expired.
import { basename } from 'node:path';
import type { LogFacts } from '../backends/facts.js';
import { formatCount } from '../output/text.js';
import { plural } from '../units/units.js';
import { fail, pass, warn, type Check } from './check.js';
import { logOf, trialOf, type Facts } from './facts.js';
import { isNoLog } from './format.js';
import { muchIsLeft } from './left.js';

/** A writer finishes a line in less time. */
const MOMENT_MS = 60_000;

export const readable: Check = (facts) => {
  const log = logOf(facts);
  if (!log || log.files.length === 0 || isNoLog(facts)) return null;
  const { lines, found } = unreadableIn(facts, log);
  if (lines > 0) {
    const which = log.files.find(({ ends }) => ends.unreadable > 0);
    const where = which ? `, the first at byte ${which.ends.firstUnreadable} of ${basename(which.path)}` : ''; // prettier-ignore
    return warn(`${plural(lines, 'line')} cannot be read (${found})${where}; compaction keeps them; a recovery removes them`, facts.papyra('persistence recover', '--dry-run')); // prettier-ignore
  }
  const active = log.files.at(-1)!;
  const { unterminated } = active.ends;
  if (unterminated > 0 && facts.now - active.changed.getTime() > MOMENT_MS) {
    return warn(`${basename(active.path)} ends with ${plural(unterminated, 'byte')} of a line that was never finished: the next record would be glued to it; a recovery mends it`, facts.papyra('persistence recover')); // prettier-ignore
  }
  return pass(`every line is a record (${found})`);
};

/** Counts unreadable lines: in the whole log by a dry run, else at both ends of each file or as the last run saw. */
function unreadableIn(facts: Facts, { files }: LogFacts): { lines: number; found: string } {
  const tried = trialOf(facts)?.records.unreadable ?? null;
  if (tried !== null) return { lines: tried, found: 'the whole log read' };
  const seen = files.reduce((sum, { ends }) => sum + ends.unreadable, 0);
  const last = facts.metrics?.last_compaction?.records.unreadable ?? 0;
  if (last > seen) return { lines: last, found: 'as the last run saw it' };
  const read = files.reduce((sum, { ends }) => sum + ends.lines, 0);
  return { lines: seen, found: `${formatCount(read)} lines at both ends read` };
}

/** No line holds back expired records behind it, or keeps a set from rotating. */
export const pinned: Check = (facts) => {
  const log = logOf(facts);
  if (!log || log.files.length === 0) return null;
  const last = facts.metrics?.last_compaction ?? null;
  const part = (trialOf(facts) ?? last)?.parts.find((one) => one.pinned_by !== undefined);
  if (part) {
    return fail(`${part.name} cannot go, and the set cannot rotate: ${part.pinned_by}`, facts.papyra('persistence compact', '--dry-run')); // prettier-ignore
  }
  if (last && muchIsLeft(last)) {
    const left = plural(last.records.expired_left, 'expired record');
    return warn(`the last run left ${left} behind a line that stays: --in-place removes only the head of the log`, facts.papyra('persistence compact')); // prettier-ignore
  }
  return pass('nothing keeps what has expired');
};
