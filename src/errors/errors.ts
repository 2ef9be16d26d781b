// Defines PapyraError and its codes.
import { withShownPaths } from './held-paths.js';
import type { RecoveryReport } from '../report/recovery.js';
import type { CompactionReport } from '../report/report.js';
import type { ScanReport } from '../report/scan.js';

/**
 * The kind of a failure. Only `exit-codes.ts` turns these into exit codes.
 *
 * - `usage`: the call itself is wrong (unknown flag, bad value).
 * - `refused`: the operator has to confirm this (nothing would be left, too much would go, unreadable records).
 * - `not_found`: the named file, or the directory of the configured one, does not exist.
 * - `unreachable`: the store cannot be reached.
 * - `io_error`: reading or writing failed, disk full included.
 * - `try_again`: another process is at work; the same call may succeed later.
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
  /** The report of a run of which some parts failed. */
  report?: CompactionReport;
  /** The same of a scan: what was found where it could read. */
  scan?: ScanReport;
  /** The same of a recovery. */
  recovery?: RecoveryReport;
  /** The guard that refused the run. */
  guard?: 'max_drop';
  /** Of a run that could not free what was asked for: the bytes that it could have. */
  freeable?: number;
  /** The end that was to be expected: nothing is said of it, the exit code alone tells. */
  silent?: boolean;
}

/** Every expected failure of papyra: what failed, on what, why (`message`), and what to do (`hint`). */
export class PapyraError extends Error {
  override readonly name = 'PapyraError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly signal: StopSignal | undefined;
  /** When only some parts failed: what was done, with the status `partial`. */
  readonly report: CompactionReport | undefined;
  /** The same of a scan: what was found in the parts that could be read. */
  readonly scan: ScanReport | undefined;
  /** The same of a recovery. */
  readonly recovery: RecoveryReport | undefined;
  readonly guard: 'max_drop' | undefined;
  readonly freeable: number | undefined;
  readonly silent: boolean;
  /** What else the operator should know, one sentence each. */
  readonly warnings: string[] = [];
  /** When several things are wrong: those after this one. */
  readonly others: PapyraError[] = [];

  constructor(code: ErrorCode, message: string, options: PapyraErrorOptions = {}) {
    const {
      hint,
      cause,
      signal,
      report,
      scan,
      recovery,
      guard,
      freeable,
      silent = false,
    } = options;
    super(withShownPaths(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint === undefined ? undefined : withShownPaths(hint);
    this.signal = signal;
    this.report = report;
    this.scan = scan;
    this.recovery = recovery;
    this.guard = guard;
    this.freeable = freeable;
    this.silent = silent;
  }
}

/** The error to throw when `signal` has aborted: the caller's own reason if it is ours. */
export function interruption(signal: AbortSignal): PapyraError {
  if (signal.reason instanceof PapyraError) return signal.reason;
  return new PapyraError('interrupted', 'stopped by the caller', { cause: signal.reason });
}

/** Returns a PapyraError, and throws anything else again. */
export function expected(error: unknown): PapyraError {
  if (error instanceof PapyraError) return error;
  throw error;
}
