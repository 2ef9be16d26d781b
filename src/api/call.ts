// Checks the options of library calls at run time, because the compiler does not see a call from JavaScript.
import { inWords, suggestion } from '../config/explain.js';
import type { Overrides } from '../config/types.js';
import { MAX_SECONDS, parseAmount, parseShare } from '../units/units.js';
import { PapyraError } from '../errors/errors.js';
import type {
  ArchiveOptions,
  CompactOptions,
  DoctorOptions,
  InspectOptions,
  OpenOptions,
  OpenStoresOptions,
  PruneOptions,
  RecordsOptions,
  RecoverOptions,
  RestoreOptions,
  ScanOptions,
  SimulateOptions,
  StartupCheckOptions,
  SummaryOptions,
} from './call-options.js';
import type { ReadMetricsOptions } from '../metrics/metrics.js';
import type { SettingsOptions } from './settings.js';

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

/** Whether a value is a text that `parse` does not refuse. */
function isAccepted(parse: (text: string) => unknown): (value: unknown) => boolean {
  return (value) => {
    try {
      parse(value as string);
      return true;
    } catch {
      return false;
    }
  };
}

const upToMaximum = (seconds: number) => seconds > 0 && seconds <= MAX_SECONDS;

const OVERRIDES: Rules<Overrides> = {
  path: TEXT,
  backend: TEXT,
  max_age_seconds: number(`seconds above zero, at most ${MAX_SECONDS}`, upToMaximum),
  max_records: WHOLE,
  max_total_bytes: { ...WHOLE, allowed: 'whole bytes above zero' },
  max_files: WHOLE,
  max_bytes: { ...WHOLE, allowed: 'whole bytes above zero' },
  approx_trim: FLAG,
  max_drop: { allowed: 'a share such as 50%', holds: isAccepted(parseShare) },
  min_reclaim: {
    allowed: 'a size such as 64MB, or a share such as 5%',
    holds: isAccepted(parseAmount),
  },
  timeout_seconds: number('seconds above zero', upToMaximum),
  redis_url: TEXT,
  redis_username: TEXT,
  redis_password: TEXT,
  sentinel_password: TEXT,
};

const SIGNAL: Rule = {
  allowed: 'an AbortSignal',
  holds: (value) => typeof (value as Partial<AbortSignal> | null)?.aborted === 'boolean',
};

const CALLBACK: Rule = {
  allowed: 'a function',
  holds: (value) => typeof value === 'function',
};

const NAMES: Rule = {
  allowed: 'a list of names of stores',
  holds: (value) => Array.isArray(value) && value.every(TEXT.holds),
};

const OPEN: Rules<
  Pick<OpenOptions, 'configFile' | 'cwd' | 'overrides' | 'signal' | 'reread' | 'store'>
> = {
  store: TEXT,
  signal: SIGNAL,
  reread: FLAG,
  configFile: TEXT,
  cwd: TEXT,
  overrides: OBJECT,
};

const RATE = number('bytes a second above zero', (n) => n > 0);
const WAIT = number('milliseconds, zero or more', (n) => n >= 0);

const SHARE = number('a share from 0 to 1', (n) => n >= 0 && n <= 1);
const AMOUNT: Rule = {
  allowed: '{ bytes } above zero, or { share } from 0 to 1',
  holds: (value) => {
    const { bytes, share, ...others } = (value ?? {}) as Record<string, unknown>;
    if (Object.keys(others).length > 0 || (bytes === undefined) === (share === undefined))
      return false;
    return share === undefined ? WHOLE.holds(bytes) : SHARE.holds(share);
  },
};

const COMPACT: Rules<CompactOptions> = {
  maxDrop: SHARE,
  minReclaim: AMOUNT,
  dryRun: FLAG,
  now: number('seconds since 1970', () => true),
  free: { ...WHOLE, allowed: 'whole bytes above zero' },
  minAge: number(
    `seconds, zero or more, at most ${MAX_SECONDS}`,
    (n) => n >= 0 && n <= MAX_SECONDS,
  ),
  allowEmpty: FLAG,
  lockWaitMs: WAIT,
  inPlace: FLAG,
  archive: TEXT,
  offline: FLAG,
  ignoreGroups: {
    allowed: 'a list of names, or true',
    holds: (value) => value === true || (Array.isArray(value) && value.every(TEXT.holds)),
  },
  maxDurationMs: number('milliseconds above zero', (n) => n > 0),
  limitRate: RATE,
  unreadable: oneOf('keep', 'drop', 'fail'),
  undated: oneOf('keep', 'drop'),
  signal: SIGNAL,
  onProgress: CALLBACK,
};

const SCAN: Rules<ScanOptions> = {
  limit: number('a whole number, zero or more', (n) => Number.isSafeInteger(n) && n >= 0),
  limitRate: RATE,
  signal: SIGNAL,
  onProgress: CALLBACK,
};

const RECOVER: Rules<RecoverOptions> = {
  ...SCAN,
  mode: oneOf('repair', 'quarantine'),
  quarantineDir: TEXT,
  dryRun: FLAG,
  lockWaitMs: WAIT,
  offline: FLAG,
  maxDrop: SHARE,
};

const STARTUP: Rules<StartupCheckOptions> = {
  ...SCAN,
  mode: oneOf('ignore', 'fail_on_anomaly', 'recover'),
  recoveryMode: oneOf('repair', 'quarantine'),
  quarantineDir: TEXT,
  lockWaitMs: WAIT,
};

/**
 * Checks the options of `openSystem()`, but not the configuration in them, which the schema checks.
 *
 * @throws {PapyraError} `usage` naming the option that is wrong.
 */
export function checkOpenOptions(options: OpenOptions): void {
  if (!OBJECT.holds(options)) {
    throw wrong(`openSystem() was given ${inWords(options)}, allowed: ${OBJECT.allowed}`);
  }
  const { configFile, cwd, overrides, signal, reread, store } = options;
  check({ configFile, cwd, overrides, signal, reread, store }, OPEN, '');
  if (overrides) check(overrides, OVERRIDES, 'overrides.');
}

/** The same for `openStores()`. */
export function checkOpenStoresOptions({ store, ...others }: OpenStoresOptions): void {
  check({ store }, { store: NAMES }, '');
  checkOpenOptions(others);
}

/** The same for `compact()`. */
export function checkCompactOptions(options: CompactOptions): void {
  check(options, COMPACT, '');
}

/** The same for `simulate()`. */
export function checkSimulateOptions(options: SimulateOptions): void {
  const { now, unreadable, undated, ignoreGroups, limitRate, signal, onProgress } = COMPACT;
  const rules: Rules<SimulateOptions> = { now, unreadable, undated, ignoreGroups, limitRate, signal, onProgress }; // prettier-ignore
  check(options, rules, '');
}

/** The same for `scan()`. */
export function checkScanOptions(options: ScanOptions): void {
  check(options, SCAN, '');
}

/** The same for `recover()`. */
export function checkRecoverOptions(options: RecoverOptions): void {
  check(options, RECOVER, '');
}

/** The same for `startupCheck()`. */
export function checkStartupOptions(options: StartupCheckOptions): void {
  check(options, STARTUP, '');
}

/** The same for `inspect()`. */
export function checkInspectOptions(options: InspectOptions): void {
  const rules: Rules<InspectOptions> = {
    full: FLAG,
    by: oneOf('kind', 'type', 'actor'),
    limit: WHOLE,
    showMetrics: FLAG,
    signal: SIGNAL,
    onProgress: CALLBACK,
  };
  check(options, rules, '');
}

/** The same for `metrics.read()`. */
export function checkReadMetricsOptions(options: ReadMetricsOptions): void {
  check(options, { history: WHOLE } satisfies Rules<ReadMetricsOptions>, '');
}

/** The same for `doctor()`. */
export function checkDoctorOptions(options: DoctorOptions): void {
  const { settings, ...rest } = options;
  check(rest, { signal: SIGNAL } satisfies Rules<Omit<DoctorOptions, 'settings'>>, '');
  if (settings !== undefined) checkSettingsOptions(settings);
}

/** The same for `importSettings()` and `compareSettings()`. */
export function checkSettingsOptions(options: SettingsOptions): void {
  const rules: Rules<SettingsOptions> = {
    settingsModule: TEXT,
    python: TEXT,
    settingsTimeoutMs: number('milliseconds above zero', (n) => n > 0),
    signal: SIGNAL,
  };
  check(options, rules, '');
}

/** An unknown option is an error: it may be a misspelt one, which would have no effect. */
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

const ARCHIVE: Rules<ArchiveOptions> = { archive: TEXT, of: TEXT, all: FLAG, signal: SIGNAL };

/** The same for `archive.list()` and `archive.verify()`. */
export function checkArchiveOptions(options: ArchiveOptions): void {
  check(options, ARCHIVE, '');
}

/** The same for `archive.restore()`. */
export function checkRestoreOptions(options: RestoreOptions): void {
  const rules: Rules<RestoreOptions> = {
    ...RANGE,
    of: TEXT,
    to: TEXT,
    write: CALLBACK,
    kind: oneOf('event', 'audit', 'dead_letter'),
    skipDamaged: FLAG,
  };
  check(options, rules, '');
  if ((options.to === undefined) === (options.write === undefined)) {
    throw wrong('one of to and write is needed: where the records go');
  }
}

/** The same for `archive.prune()`. */
export function checkPruneOptions(options: PruneOptions): void {
  const age = number('seconds above zero', upToMaximum);
  check(
    options,
    { ...ARCHIVE, maxAgeSeconds: age, dryRun: FLAG } satisfies Rules<PruneOptions>,
    '',
  );
  if (!age.holds(options.maxAgeSeconds)) throw wrong(`maxAgeSeconds: found ${inWords(options.maxAgeSeconds)}, allowed: ${age.allowed}`); // prettier-ignore
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
