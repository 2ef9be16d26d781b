import type { PapyraError } from '../errors.js';

/** What `--json` says of a failure. */
export function errorDocument({ code, message, hint }: PapyraError, exitCode: number) {
  return {
    schema: 'papyra.error/v1',
    code,
    exit_code: exitCode,
    message,
    hint: hint ?? null,
  } as const;
}
