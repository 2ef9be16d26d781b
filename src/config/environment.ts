// Reads the PAPYRA_ variables of the environment, and says which flag each one stands for.
import { PapyraError } from '../errors/errors.js';
import type { Overrides } from './types.js';
import { parseAmount, parseCount, parseDuration, parseShare, parseSize } from '../units/units.js';

/**
 * A variable is weaker than its flag and stronger than the file. Secrets have no flag, because every user of a machine
 * can read the arguments of a process.
 */
export const ENVIRONMENT = {
  PAPYRA_PATH: { key: 'path', flag: '--path', parse: (text: string) => text },
  PAPYRA_BACKEND: { key: 'backend', flag: '--backend', parse: (text: string) => text },
  PAPYRA_MAX_AGE: { key: 'max_age_seconds', flag: '--max-age', parse: parseDuration },
  PAPYRA_MAX_RECORDS: { key: 'max_records', flag: '--max-records', parse: parseCount },
  PAPYRA_MAX_TOTAL_BYTES: { key: 'max_total_bytes', flag: '--max-total-bytes', parse: parseSize },
  PAPYRA_MAX_FILES: { key: 'max_files', flag: '--max-files', parse: parseCount },
  PAPYRA_MAX_BYTES: { key: 'max_bytes', flag: '--max-bytes', parse: parseSize },
  PAPYRA_MAX_DROP: { key: 'max_drop', flag: '--max-drop', parse: checked(parseShare) },
  PAPYRA_MIN_RECLAIM: { key: 'min_reclaim', flag: '--min-reclaim', parse: checked(parseAmount) },
  PAPYRA_TIMEOUT: { key: 'timeout_seconds', flag: '--timeout', parse: parseDuration },
  PAPYRA_REDIS_URL: { key: 'redis_url', parse: (text: string) => text },
  PAPYRA_REDIS_USERNAME: { key: 'redis_username', parse: (text: string) => text },
  PAPYRA_REDIS_PASSWORD: { key: 'redis_password', parse: (text: string) => text },
  PAPYRA_SENTINEL_PASSWORD: { key: 'sentinel_password', parse: (text: string) => text },
} as const satisfies Record<
  string,
  { key: keyof Overrides; flag?: string; parse: (text: string) => string | number }
>;

/** The text itself, if `parse` accepts it. */
function checked(parse: (text: string) => unknown): (text: string) => string {
  return (text) => {
    parse(text);
    return text;
  };
}

/** What the operator wrote to set a value: `--backend redis`, or `PAPYRA_BACKEND=redis`. */
export function asWritten(key: 'path' | 'backend', value: string, flags: Overrides): string {
  if (flags[key] !== undefined) return `--${key} ${value}`;
  return `PAPYRA_${key.toUpperCase()}=${value}`;
}

/**
 * The values that the environment sets. An empty variable counts as not set.
 *
 * @throws {PapyraError} `usage` naming the variable whose value is wrong.
 */
export function fromEnvironment(env: NodeJS.ProcessEnv): Overrides {
  const overrides: Record<string, string | number> = {};
  for (const [name, { key, parse }] of Object.entries(ENVIRONMENT)) {
    const text = env[name];
    if (!text) continue;
    try {
      overrides[key] = parse(text);
    } catch (error) {
      if (!(error instanceof PapyraError)) throw error;
      throw new PapyraError(error.code, `environment variable ${name}: ${error.message}`, {
        hint: 'unset it or mend it; nothing was done',
      });
    }
  }
  return overrides;
}
