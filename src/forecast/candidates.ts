// Chooses the limits that a simulation shows: round values across what is in the store, and those in force. Pure.
import type { RetentionPolicy } from '../retention/policy.js';
import { ageText, NICE_AGES, sizeText } from './nice.js';

/** What is in a store. */
export interface Contents {
  records: number;
  bytes: number;
  /** Seconds since 1970; NaN: no record is dated. */
  oldest: number;
}

/** A policy to simulate: that in force, or that with one limit changed. */
export interface Candidate {
  /** null: the policy in force as it is. */
  limit: keyof RetentionPolicy | null;
  value: number | null;
  flag: string;
  inForce: boolean;
  policy: RetentionPolicy;
}

/** So many of each kind: the largest that take anything. */
const AGES = 6;
const OTHERS = 3;

export function candidatesFor(
  policy: RetentionPolicy,
  { records, bytes, oldest }: Contents,
  now: number,
): Candidate[] {
  // prettier-ignore
  const ages = NICE_AGES.filter((age) => age < now - oldest && SHOWN.has(age)).slice(-AGES);
  const values = {
    max_age_seconds: ages,
    max_records: roundBelow(records),
    max_total_bytes: roundBelow(bytes),
  };
  const rows = (Object.keys(FLAGS) as (keyof RetentionPolicy)[]).flatMap((limit) => {
    const set = policy[limit];
    const all = [...new Set([...values[limit], ...(set === null ? [] : [set])])];
    return all
      .sort((a, b) => a - b)
      .map((value): Candidate => {
        const flag = `${FLAGS[limit]} ${TEXTS[limit](value)}`;
        return {
          limit,
          value,
          flag,
          inForce: value === set,
          policy: { ...policy, [limit]: value },
        };
      });
  });
  const isOne = Object.values(policy).filter((limit) => limit !== null).length === 1;
  // One limit is a row of its kind. None, or several, are a row of their own.
  return isOne ? rows : [{ limit: null, value: null, flag: '', inForce: true, policy }, ...rows];
}

const FLAGS = {
  max_age_seconds: '--max-age',
  max_records: '--max-records',
  max_total_bytes: '--max-total-bytes',
} as const;

const TEXTS: Record<keyof RetentionPolicy, (value: number) => string> = {
  max_age_seconds: ageText,
  max_records: String,
  max_total_bytes: sizeText,
};

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];

/** Fewer than the round ages: each leaves two or three times as much as the one before. */
const SHOWN = new Set([
  ...[MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY],
  ...[7, 14, 30, 90, 180, 365].map((days) => days * DAY),
]);

/** The largest of 1, 2, 5, 10 … below a value, the smallest first. */
function roundBelow(value: number): number[] {
  const found: number[] = [];
  for (
    let unit = 10 ** Math.floor(Math.log10(value));
    unit >= 1 && found.length < OTHERS;
    unit /= 10
  ) {
    for (const times of [5, 2, 1]) {
      if (times * unit < value && found.length < OTHERS) found.unshift(times * unit);
    }
  }
  return found;
}
