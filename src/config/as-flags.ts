import { durationText } from '../units/units.js';
import { ENVIRONMENT } from './environment.js';
import type { Overrides } from './types.js';

/** Values that beat the configuration, as flags. `log`: its path in place of the one that was given. */
export function flagsOf(overrides: Overrides, log: string | null): string[] {
  return Object.values(ENVIRONMENT).flatMap((variable) => {
    const value = overrides[variable.key];
    // What has no flag is a secret.
    if (value === undefined || !('flag' in variable)) return [];
    if (variable.key === 'path') return [variable.flag, log ?? String(value)];
    const isDuration = variable.key.endsWith('_seconds');
    return [variable.flag, isDuration ? durationText(Number(value)) : String(value)];
  });
}
