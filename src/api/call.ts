import { inWords, suggestion } from '../config/explain.js';
import type { Overrides } from '../config/types.js';
import { MAX_SECONDS } from '../units/units.js';
import { PapyraError } from '../errors/errors.js';
import type {
  CompactOptions,
  DoctorOptions,
  OpenOptions,
  RecordsOptions,
  SummaryOptions,
} from './call-options.js';
import type { ReadMetricsOptions } from '../metrics/metrics.js';

/** What a program may hand over; the compiler is not there to see it when it is written in JavaScript. */
interface Rule {
  allowed: string;
  holds: (value: unknown) => boolean;
}

type Rules<T> = Record<keyof T, Rule>;

const number = (allowed: string, holds: (value: number) => boolean): Rule => ({
  allowed,
  holds: (value) => typeof value === 'number' && Number.isFinite(value) && holds(value),
});
const oneOf = (...words: string[]): Rule => ({
  allowed: words.join(', '),
  holds: (value) => words.includes(value as string),
});

const WHOLE = number('a whole number above zero', (n) => Number.isSafeInteger(n) && n > 0);
const FLAG: Rule = { allowed: 'true or false', holds: (value) => typeof value === 'boolean' };
const TEXT: Rule = {
  allowed: 'a text that is not empty and has no NUL character in it',
  holds: (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
};
const OBJECT: Rule = {
  allowed: 'an object',
  holds: (value) => typeof value === 'object' && value !== null,
};

const OVERRIDES: Rules<Overrides> = {
  path: TEXT,
  backend: TEXT,
  max_age_seconds: number(
    `seconds above zero, at most ${MAX_SECONDS}`,
    (n) => n > 0 && n <= MAX_SECONDS,
  ),
  max_records: WHOLE,
  max_total_bytes: { ...WHOLE, allowed: 'whole bytes above zero' },
  max_files: WHOLE,
  max_bytes: { ...WHOLE, allowed: 'whole bytes above zero' },
  approx_trim: FLAG,
  timeout_seconds: number('seconds above zero', (n) => n > 0 && n <= MAX_SECONDS),
  redis_url: TEXT,
  redis_username: TEXT,
  redis_password: TEXT,
  sentinel_password: TEXT,
};

const SIGNAL: Rule = {
  allowed: 'an AbortSignal',
  holds: (value) => typeof (value as Partial<AbortSignal> | null)?.aborted === 'boolean',
};

const OPEN: Rules<Pick<OpenOptions, 'configFile' | 'cwd' | 'overrides' | 'signal'>> = {
  signal: SIGNAL,
  configFile: TEXT,
  cwd: TEXT,
  overrides: OBJECT,
};

const COMPACT: Rules<CompactOptions> = {
  dryRun: FLAG,
  now: number('seconds since 1970', () => true),
  allowEmpty: FLAG,
  lockWaitMs: number('milliseconds, zero or more', (n) => n >= 0),
  inPlace: FLAG,
  archive: TEXT,
  offline: FLAG,
  ignoreGroups: {
    allowed: 'a list of names, or true',
    holds: (value) => value === true || (Array.isArray(value) && value.every(TEXT.holds)),
  },
  maxDurationMs: number('milliseconds above zero', (n) => n > 0),
  limitRate: number('bytes a second above zero', (n) => n > 0),
  unreadable: oneOf('keep', 'drop', 'fail'),
  undated: oneOf('keep', 'drop'),
  signal: SIGNAL,
  onProgress: { allowed: 'a function', holds: (value) => typeof value === 'function' },
};

/**
 * Checks what `openSystem()` was called with; the configuration in it is left to the schema.
 *
 * @throws {PapyraError} `usage` naming the option that is wrong.
 */
export function checkOpenOptions(options: OpenOptions): void {
  if (!OBJECT.holds(options)) {
    throw wrong(`openSystem() was given ${inWords(options)}, allowed: ${OBJECT.allowed}`);
  }
  const { configFile, cwd, overrides, signal } = options;
  check({ configFile, cwd, overrides, signal }, OPEN, '');
  if (overrides) check(overrides, OVERRIDES, 'overrides.');
}

/** The same for `compact()`. An option that is misspelt is one that would have been forgotten. */
export function checkCompactOptions(options: CompactOptions): void {
  check(options, COMPACT, '');
}

/** The same for `metrics.read()`. */
export function checkReadMetricsOptions(options: ReadMetricsOptions): void {
  const rules: Rules<ReadMetricsOptions> = { history: WHOLE };
  check(options, rules, '');
}

/** The same for `doctor()`. */
export function checkDoctorOptions(options: DoctorOptions): void {
  const rules: Rules<DoctorOptions> = { signal: SIGNAL };
  check(options, rules, '');
}

const RANGE: Rules<Omit<SummaryOptions, 'types'>> = {
  since: number('seconds since 1970', () => true),
  until: number('seconds since 1970', () => true),
  archive: TEXT,
  signal: SIGNAL,
};

const RECORDS: Rules<RecordsOptions> = {
  ...RANGE,
  kind: oneOf('event', 'audit', 'dead_letter'),
  type: TEXT,
  target: TEXT,
  limit: WHOLE,
  newestFirst: FLAG,
  follow: FLAG,
  onWarning: { allowed: 'a function', holds: (value) => typeof value === 'function' },
};

/** The same for `inspect.records()`. */
export function checkRecordsOptions(options: RecordsOptions): void {
  check(options, RECORDS, '');
  const { follow, newestFirst, until } = options;
  if (!follow) return;
  if (newestFirst) throw wrong('follow goes on with what comes: newest first there is no order');
  if (until !== undefined) throw wrong('follow goes on until it is stopped: until would hide it');
}

/** The same for `inspect.summary()`. */
export function checkSummaryOptions(options: SummaryOptions): void {
  const rules: Rules<SummaryOptions> = { ...RANGE, types: WHOLE };
  check(options, rules, '');
}

function check(options: object, rules: Record<string, Rule>, where: string): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const { hint } = suggestion(name, Object.keys(rules));
      throw wrong(`${where}${name}: no such option`, hint);
    }
    if (value === undefined || rule.holds(value)) continue;
    throw wrong(`${where}${name}: found ${inWords(value)}, allowed: ${rule.allowed}`);
  }
}

function wrong(message: string, hint = 'mend the call; nothing was done'): PapyraError {
  return new PapyraError('usage', message, { hint });
}
