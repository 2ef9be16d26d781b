// Words the refusal of a plan that would drop too much: how much, why that is doubted, and what to type.
import { PapyraError } from '../errors/errors.js';
import type { RetentionPolicy } from '../retention/policy.js';
import { ageInWords, grouped } from '../units/units.js';
import type { Doubt, Drop } from './doubt.js';

/** The plan is beyond a `--max-drop` that was given. */
export function beyondLimit(target: string, drop: Drop, maxDrop: number): PapyraError {
  return refused(
    `${whatGoes(target, drop)}, and --max-drop allows ${percent(maxDrop)}; ${newest(drop)}`,
    `a wrong unit or a clock that jumped looks just like that: look at it with --dry-run; ${goOn('if it is right', drop)}`,
  );
}

/** The plan looks like a mistake. */
export function doubted(target: string, drop: Drop, doubt: Doubt): PapyraError {
  const [reason, hint] = words(doubt, drop);
  return refused(`${whatGoes(target, drop)}: ${reason}; ${newest(drop)}`, hint);
}

/** It cannot be told how much would go. */
export function unknownDrop(backend: string): PapyraError {
  return refused(
    `the custom backend ${backend} does not say how much would go, so --max-drop cannot be kept`,
    'let its compact() report records in a dry run, or leave out --max-drop and guards.max_drop',
  );
}

function refused(message: string, hint: string): PapyraError {
  return new PapyraError('refused', message, { hint, guard: 'max_drop' });
}

const LIMITS: Record<keyof RetentionPolicy, { flag: string; text: (value: number) => string }> = {
  max_age_seconds: { flag: '--max-age', text: ageInWords },
  max_records: { flag: '--max-records', text: grouped },
  max_total_bytes: {
    flag: '--max-total-bytes',
    text: (bytes) => `${grouped(Math.round(bytes))} bytes`,
  },
};

function words(doubt: Doubt, drop: Drop): [reason: string, hint: string] {
  if (doubt.why === 'silence') {
    const since = ageInWords(doubt.seconds);
    const reason =
      doubt.of === 'runs'
        ? `by this clock the last run ended well ${since} ago`
        : `by this clock nothing was written for ${since} between what would go and what would stay`;
    return [reason, `check this machine's clock (date); ${goOn('if it is right', drop)}`];
  }
  const { flag, text } = LIMITS[doubt.limit];
  const is = text(doubt.is);
  const hint = `mend ${doubt.limit} (${flag}) if that is a mistake, of its unit or a digit; ${goOn(`if ${is} is meant`, drop)}`;
  if (doubt.why === 'stricter') {
    return [`${doubt.limit} is ${is}, and was ${text(doubt.was)} in the last run`, hint];
  }
  const there = doubt.limit === 'max_age_seconds' ? `records of ${ageInWords(doubt.there)}` : doubt.limit === 'max_records' ? `${text(doubt.there)} records` : text(doubt.there); // prettier-ignore
  return [`${doubt.limit} is ${is}, and the store has ${there}`, hint];
}

/** Runs that are scheduled need it only once: then this run is the last one. */
function goOn(condition: string, { share }: Drop): string {
  return `${condition}, run once with --max-drop ${Math.ceil(share * 100)}%`;
}

function whatGoes(target: string, { share, records }: Drop): string {
  const of = records === null ? 'bytes' : `${grouped(records)} records`;
  return `${percent(share)} of the ${of} of ${target} would go`;
}

/** Rounded, but never to all or nothing. */
function percent(share: number): string {
  const exact = share * 100;
  const rounded = Math.round(exact * 10) / 10;
  if (rounded >= 100 && exact < 100) return 'over 99.9%';
  return rounded === 0 && exact > 0 ? 'under 0.1%' : `${rounded}%`;
}

function newest({ times, now }: Drop): string {
  if (!times || Number.isNaN(times.newest)) return 'none of them has a timestamp';
  const age = now - times.newest;
  const at = new Date(times.newest * 1000);
  const iso = Number.isNaN(at.getTime()) ? `timestamp ${times.newest}` : at.toISOString();
  return age < 0 ? `the newest is dated ahead (${iso})` : `the newest is ${ageInWords(age)} old (${iso})`; // prettier-ignore
}
