// Maps error codes to exit codes, and makes the document that describes an error.
import { constants } from 'node:os';
import { PapyraError, type ErrorCode } from './errors.js';

const EXIT_CODES: Record<Exclude<ErrorCode, 'interrupted'>, number> = {
  usage: 64,
  refused: 65,
  not_found: 66,
  unreachable: 69,
  internal: 70,
  io_error: 74,
  try_again: 75,
  permission_denied: 77,
  config_invalid: 78,
};

/** A result that is no error but has an exit code of its own: the command did its work. */
export type Finding = 'check_failed' | 'archive_damaged' | 'anomalies_found' | 'anomalies_remain';

const FINDING_CODES: Record<Finding, number> = {
  check_failed: 1,
  archive_damaged: 1,
  anomalies_found: 2,
  anomalies_remain: 3,
};

export function findingCode(finding: Finding): number {
  return FINDING_CODES[finding];
}

export function exitCodeOf({ code, signal }: Pick<PapyraError, 'code' | 'signal'>): number {
  if (code !== 'interrupted') return EXIT_CODES[code];
  return 128 + constants.signals[signal ?? 'SIGTERM'];
}

/** The document for `--json` and for the hook `on_error`. */
export function errorDocument(error: PapyraError) {
  const { code, message, hint } = error;
  return {
    schema: 'papyra.error/v1',
    code,
    exit_code: exitCodeOf(error),
    message,
    hint: hint ?? null,
  } as const;
}

/** Turns anything thrown into a PapyraError; an unexpected error becomes `internal`: a bug. */
export async function asPapyraError(error: unknown): Promise<PapyraError> {
  if (error instanceof PapyraError) return error;
  const { errnoOf, systemError } = await import('./system-error.js');
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (errnoOf(error) !== undefined && syscall !== undefined) {
    return systemError(error, syscall, path ?? 'a file') as PapyraError;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new PapyraError('internal', `a bug in papyra: ${reason}`, {
    hint: 'please report it with the lines below',
    cause: error,
  });
}
