// Runs a custom backend: an object with a compact() function that the default export of a module makes.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruption, PapyraError } from '../errors/errors.js';
import { blankReport, type CompactionReport } from '../report/report.js';
import type { RecoveryMode } from '../report/recovery.js';
import { policyOf, type OddLines, type RetentionPolicy } from '../retention/policy.js';
import type { Backend, PlanRequest, Progress, ReadRequest } from './backend.js';
import { reportOf, type PartialReport } from './custom-report.js';
import type { PartialRecovery, PartialScan } from './custom-scan-report.js';

export type { PartialReport } from './custom-report.js';
export type { PartialRecovery, PartialScan } from './custom-scan-report.js';

/** What `compact()` of a custom backend is called with. */
export interface CustomCompactRequest extends OddLines {
  policy: RetentionPolicy;
  /** The instant at which retention decides, in seconds since 1970: that of `--now` in a dry run. */
  now: number;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  /** Only say what would be done. */
  dryRun: boolean;
}

/** What `scan()` of a custom backend is called with. */
export interface CustomScanRequest {
  /** So many anomalies are listed; all are to be counted. */
  limit: number;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** What `recover()` of a custom backend is called with. */
export interface CustomRecoverRequest extends CustomScanRequest {
  mode: RecoveryMode;
  /** Where what is removed goes, with `quarantine`; undefined: where the backend thinks best. */
  quarantineDir: string | undefined;
  /** Only say what would be done. */
  dryRun: boolean;
  /** The operator asserts that nothing writes to the store. */
  offline: boolean;
  /** The share of the store's bytes that may go, from 0 to 1. */
  maxDrop: number;
}

/** A report, a part of one, or nothing: at once or later. */
type Answer<T> = Promise<T | null | undefined> | T | null | undefined;

/** What a custom backend module returns from its default export. */
export interface CustomBackend {
  name: string;
  /** Returns a report, a part of one, or null when it knows nothing (then: best effort). */
  compact(request: CustomCompactRequest): Answer<PartialReport>;
  /** Says what is wrong with the store, and changes nothing. Left out: papyra cannot tell. */
  scan?(request: CustomScanRequest): Answer<PartialScan>;
  /** Removes what is wrong with the store, and nothing else. Left out: nothing is done. */
  recover?(request: CustomRecoverRequest): Answer<PartialRecovery>;
  /**
   * Optional: the JSON texts of all records, oldest first, for `papyra inspect`. It may be called more than once for one
   * listing, and should then say the same.
   */
  records?(request: { signal: AbortSignal }): AsyncIterable<RecordText> | Iterable<RecordText>;
}

/** The JSON of a record: a text, or its bytes in UTF-8. */
export type RecordText = string | Uint8Array;

const MODULE_HINT =
  'it must default-export (options) => ({ name, compact({ policy, dryRun, signal, … }) })';

/** @throws {PapyraError} `config_invalid` when what the module makes does not have the shape of a backend. */
export async function customBackend(
  file: string,
  factory: unknown,
  options: Record<string, unknown>,
): Promise<Backend> {
  const wrong = (what: string, cause?: unknown) =>
    new PapyraError('config_invalid', `backend module ${file} ${what}`, {
      hint: MODULE_HINT,
      cause,
    });
  if (typeof factory !== 'function') throw wrong('has no function as its default export');
  let backend: Partial<CustomBackend> | null;
  try {
    backend = await (factory as (options: unknown) => Promise<typeof backend>)(options);
  } catch (error) {
    throw wrong(`failed to start: ${reasonOf(error)}`, error);
  }
  if (typeof backend?.compact !== 'function') throw wrong('makes no compact() function');
  if (typeof backend.name !== 'string' || backend.name === '') throw wrong('has no name');
  for (const name of ['scan', 'recover'] as const) {
    if (!['function', 'undefined'].includes(typeof backend[name])) {
      throw wrong(`has a ${name} that is no function`);
    }
  }
  const { name } = backend;
  return {
    name,
    target: file,
    metricsLocation: () => ({ unavailable: `the custom backend ${name} keeps none` }),
    usage: () => Promise.resolve(null),
    // The module was loaded and has made a backend. Nothing else can be checked.
    check: () => Promise.resolve([]),
    records: async function* (request) {
      const { recordsOfModule } = await import('./custom-records.js');
      yield* recordsOfModule(backend as CustomBackend, file, request);
    },
    plan: async (request) => {
      const run = (dryRun: boolean) => callModule(backend as CustomBackend, file, request, dryRun);
      const isAsked = request.dryRun || request.counted === true;
      const report = isAsked ? await run(true) : blank(name, file, request, Date.now());
      const execute = () => (request.dryRun ? Promise.resolve(report) : run(false));
      return { report, execute, close: () => Promise.resolve() };
    },
    scan: async (request) => {
      const { scanCustom } = await import('./custom-scan.js');
      return scanCustom(backend as CustomBackend, file, request);
    },
    recover: async (request) => {
      const { recoverCustom } = await import('./custom-scan.js');
      return recoverCustom(backend as CustomBackend, file, request);
    },
  };
}

function blank(
  name: string,
  file: string,
  request: PlanRequest,
  startedAt: number,
): CompactionReport {
  const policy = policyOf(request.rules);
  return blankReport({ status: 'dry_run', backend: name, target: file, policy, startedAt });
}

async function callModule(
  backend: CustomBackend,
  file: string,
  request: PlanRequest,
  dryRun: boolean,
): Promise<CompactionReport> {
  const startedAt = Date.now();
  const { rules } = request;
  const given = await askModule(backend, file, 'compact', request, (watch) =>
    backend.compact({
      policy: policyOf(rules),
      now: rules.now,
      unreadable: rules.unreadable,
      undated: rules.undated,
      ...watch,
      dryRun,
    }),
  );
  const report = blank(backend.name, file, request, startedAt);
  if (given === null) {
    report.status = dryRun ? 'dry_run' : 'best_effort';
    report.warnings.push(`the custom backend ${backend.name} did not say what it did`);
    return report;
  }
  return reportOf(given, { ...report, status: dryRun ? 'dry_run' : 'compacted' }, file);
}

/**
 * What a function of the module returns; null: nothing.
 *
 * @throws {PapyraError} `io_error` when it fails, or returns what is no report; `interrupted`.
 */
export async function askModule<T extends object>(
  backend: CustomBackend,
  file: string,
  name: 'compact' | 'scan' | 'recover',
  request: ReadRequest,
  call: (watch: Pick<CustomScanRequest, 'signal' | 'onProgress'>) => Answer<T>,
): Promise<T | null> {
  let given: T | null | undefined;
  try {
    given = await orGivenUp(request.signal, () =>
      call({
        signal: request.signal ?? new AbortController().signal,
        onProgress: (progress) => passOn(progress, request),
      }),
    );
  } catch (error) {
    if (request.signal?.aborted) throw stopped(backend, file, request.signal, error);
    if (error instanceof PapyraError) throw error;
    throw new PapyraError(
      'io_error',
      `the custom backend ${backend.name} failed: ${reasonOf(error)}`,
      { hint: `see ${file}; what it did before, only it knows`, cause: error },
    );
  }
  if (given !== null && given !== undefined && typeof given !== 'object') {
    throw new PapyraError('io_error', `the custom backend ${backend.name} returned no report`, {
      hint: `${name}() in ${file} must return an object or null`,
    });
  }
  return given ?? null;
}

/** How long a module may take to stop after the signal; then it is not waited for. */
const GRACE_MS = 500;

async function orGivenUp<T>(
  signal: AbortSignal | undefined,
  run: () => Promise<T> | T,
): Promise<T> {
  if (!signal) return run();
  const over = new AbortController();
  const givenUp = once(signal, 'abort', { signal: over.signal }).then(async () => {
    await sleep(GRACE_MS);
    throw interruption(signal);
  });
  givenUp.catch(() => {});
  try {
    return await Promise.race([Promise.resolve(run()), givenUp]);
  } finally {
    over.abort();
  }
}

/** Leaves out progress of an unknown phase or without finite numbers: it cannot be shown. */
function passOn(progress: unknown, { onProgress }: ReadRequest): void {
  const { phase, done, total } = (progress ?? {}) as Partial<Progress>;
  if (phase !== 'scan' && phase !== 'write' && phase !== 'trim') return;
  if (!Number.isFinite(done) || !Number.isFinite(total)) return;
  onProgress?.({ phase, done: done!, total: total! });
}

/** Whatever a module throws after it was asked to stop counts as the stop. */
function stopped(
  { name }: CustomBackend,
  file: string,
  signal: AbortSignal,
  cause: unknown,
): PapyraError {
  const asked = interruption(signal);
  return new PapyraError('interrupted', asked.message, {
    hint: `what the custom backend ${name} (${file}) did before, only it knows`,
    cause,
    ...(asked.signal === undefined ? {} : { signal: asked.signal }),
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
