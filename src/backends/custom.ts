import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruption, PapyraError } from '../errors/errors.js';
import { blankReport, type CompactionReport } from '../report/report.js';
import { policyOf, type OddLines, type RetentionPolicy } from '../retention/policy.js';
import type { Backend, PlanRequest, Progress } from './backend.js';
import { reportOf, type PartialReport } from './custom-report.js';

export type { PartialReport } from './custom-report.js';

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

/** What a custom backend module returns from its default export. */
export interface CustomBackend {
  name: string;
  /** Returns a report, a part of one, or null when it knows nothing (then: best effort). */
  compact(
    request: CustomCompactRequest,
  ): Promise<PartialReport | null | undefined> | PartialReport | null | undefined;
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

/**
 * Makes a backend of what a module exports by default.
 *
 * @throws {PapyraError} `config_invalid` when it does not have the shape of a backend.
 */
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
    backend = (await (factory as (options: unknown) => unknown)(
      options,
    )) as Partial<CustomBackend> | null;
  } catch (error) {
    throw wrong(`failed to start: ${reasonOf(error)}`, error);
  }
  if (typeof backend?.compact !== 'function') throw wrong('makes no compact() function');
  if (typeof backend.name !== 'string' || backend.name === '') throw wrong('has no name');
  const { name } = backend;
  return {
    name,
    target: file,
    metricsLocation: () => ({ unavailable: `the custom backend ${name} keeps none` }),
    usage: () => Promise.resolve(null),
    // It has been loaded, and has made a backend: more only it knows.
    check: () => Promise.resolve([]),
    records: async function* (request) {
      const { recordsOfModule } = await import('./custom-records.js');
      yield* recordsOfModule(backend as CustomBackend, file, request);
    },
    plan: async (request) => {
      const run = (dryRun: boolean) => callModule(backend as CustomBackend, file, request, dryRun);
      if (!request.dryRun) {
        const report = blank(name, file, request, Date.now());
        return { report, execute: () => run(false), close: () => Promise.resolve() };
      }
      const report = await run(true);
      return { report, execute: () => Promise.resolve(report), close: () => Promise.resolve() };
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
  let given: PartialReport | null | undefined;
  try {
    given = await orGivenUp(request.signal, () =>
      backend.compact({
        policy: policyOf(rules),
        now: rules.now,
        unreadable: rules.unreadable,
        undated: rules.undated,
        signal: request.signal ?? new AbortController().signal,
        onProgress: (progress) => passOn(progress, request),
        dryRun,
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
  const report = blank(backend.name, file, request, startedAt);
  if (given === null || given === undefined) {
    report.status = dryRun ? 'dry_run' : 'best_effort';
    report.warnings.push(`the custom backend ${backend.name} did not say what it did`);
    return report;
  }
  if (typeof given !== 'object') {
    throw new PapyraError('io_error', `the custom backend ${backend.name} returned no report`, {
      hint: `compact() in ${file} must return an object or null`,
    });
  }
  return reportOf(given, { ...report, status: dryRun ? 'dry_run' : 'compacted' }, file);
}

/** A module that does not heed the signal is not waited for. */
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

/** Progress of a phase that nobody knows, or without numbers, cannot be shown. */
function passOn(progress: unknown, { onProgress }: PlanRequest): void {
  const { phase, done, total } = (progress ?? {}) as Partial<Progress>;
  if (phase !== 'scan' && phase !== 'write' && phase !== 'trim') return;
  if (!Number.isFinite(done) || !Number.isFinite(total)) return;
  onProgress?.({ phase, done: done!, total: total! });
}

/** Whatever a module throws once it was asked to stop: that is how it stops. */
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
