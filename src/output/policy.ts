// Words a retention policy.
import type { RetentionPolicy } from '../retention/policy.js';
import { plural } from '../units/units.js';
import { formatAge, formatBytes } from './text.js';

/** `keep what is younger than 7 days; keep the newest 1,000 records`. */
export function policyText(policy: RetentionPolicy): string {
  const { max_age_seconds: age, max_records: count, max_total_bytes: size } = policy;
  const words = [
    age === null ? '' : `keep what is younger than ${formatAge(age)}`,
    count === null ? '' : `keep the newest ${plural(count, 'record')}`,
    size === null ? '' : `keep at most ${formatBytes(size)}`,
  ];
  return words.filter(Boolean).join('; ') || 'no limit';
}
