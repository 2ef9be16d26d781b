// Shows the checks of a configuration with many stores.
import type { RetentionPolicy } from '../retention/policy.js';
import { plural } from '../units/units.js';
import { policyText } from './policy.js';
import type { StoresView } from './stores.js';
import { printable } from './text.js';

interface Check {
  backend: string;
  target: string | null;
  policy: RetentionPolicy;
}

export const checks: StoresView<Check> = {
  schema: 'papyra.checks/v1',
  headline: (reports, paint) => `${paint.green('ok')}: ${plural(reports.length, 'store')}`,
  columns: [],
  cells: () => [],
  word: ({ backend, target, policy }) =>
    `${printable([backend, target].filter((word) => word !== null).join(' '))}: ${policyText(policy)}`,
  rank: () => 0,
};
