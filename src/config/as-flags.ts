// Turns values that beat the configuration back into flags of the command line.
import { durationText } from '../units/units.js';
import { ENVIRONMENT } from './environment.js';
import type { Overrides } from './types.js';

/** `log`: a path to use in place of the one that was given. */
export function flagsOf(overrides: Overrides, log: string | null): string[] {
  return Object.values(ENVIRONMENT).flatMap((variable) => {
    const value = overrides[variable.key];
    // A value that has no flag is a secret.
    if (value === undefined || !('flag' in variable)) return [];
    if (variable.key === 'path') return [variable.flag, log ?? String(value)];
    const isDuration = variable.key.endsWith('_seconds');
    return [variable.flag, isDuration ? durationText(Number(value)) : String(value)];
  });
}
