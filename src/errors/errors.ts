import { withShownPaths } from './held-paths.js';
import type { CompactionReport } from '../report/report.js';

/**
 * What went wrong, in one word. `exit-codes.ts` alone turns these into exit codes.
 *
 * - `usage`: the call itself is wrong (unknown flag, bad value).
 * - `refused`: papyra will not do this without being told again (nothing would be left, unreadable records).
 * - `not_found`: the named file, or the directory of the configured one, does not exist.
 * - `unreachable`: the store cannot be reached.
 * - `io_error`: reading or writing failed, disk full included.
 * - `try_again`: somebody else is at work; the same call may succeed later.
 * - `permission_denied`: the operating system said no.
 * - `config_invalid`: the configuration is missing or wrong.
 * - `interrupted`: stopped by a signal or by the caller's `AbortSignal`.
 * - `internal`: a bug in papyra.
 */
export type ErrorCode =
  | 'usage'
  | 'refused'
  | 'not_found'
  | 'unreachable'
  | 'io_error'
  | 'try_again'
  | 'permission_denied'
  | 'config_invalid'
  | 'interrupted'
  | 'internal';

/** A signal that asks papyra to stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface PapyraErrorOptions {
  /** What the operator can do now. One sentence, no full stop needed. */
  hint?: string;
  /** The error underneath, kept for `--verbose`. */
  cause?: unknown;
  /** For `interrupted`: the signal that asked for the stop. */
  signal?: StopSignal;
  /** What was done nevertheless: the report of a run of which some parts failed. */
  report?: CompactionReport;
  /** The end that was to be expected: nothing is said of it, the exit code alone tells. */
  silent?: boolean;
}

/** Every expected failure of papyra: what failed, on what, why (`message`), and what to do (`hint`). */
export class PapyraError extends Error {
  override readonly name = 'PapyraError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly signal: StopSignal | undefined;
  /** Where some parts failed and others did not: what was done, with the status `partial`. */
  readonly report: CompactionReport | undefined;
  readonly silent: boolean;
  /** What else the operator should know, one sentence each. */
  readonly warnings: string[] = [];
  /** Where several things are wrong: those after this one. */
  readonly others: PapyraError[] = [];

  constructor(code: ErrorCode, message: string, options: PapyraErrorOptions = {}) {
    super(
      withShownPaths(message),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.hint = options.hint === undefined ? undefined : withShownPaths(options.hint);
    this.signal = options.signal;
    this.report = options.report;
    this.silent = options.silent ?? false;
  }
}

/** The error to throw when `signal` has aborted: the caller's own reason if it is ours. */
export function interruption(signal: AbortSignal): PapyraError {
  if (signal.reason instanceof PapyraError) return signal.reason;
  return new PapyraError('interrupted', 'stopped by the caller', { cause: signal.reason });
}

/** What was thrown, if it is a failure that papyra foresees; anything else is thrown again. */
export function expected(error: unknown): PapyraError {
  if (error instanceof PapyraError) return error;
  throw error;
}
