// Calls C functions through koffi, with errors as those of node:fs.
import { constants } from 'node:os';
import { promisify } from 'node:util';
import { PapyraError } from '../errors/errors.js';
import { KOFFI_HINT, loadKoffi, type CFunction, type Koffi } from './koffi.js';

interface Library {
  koffi: Koffi;
  c: { func(prototype: string): CFunction };
}

let library: Library | undefined;
const functions = new Map<string, CFunction>();

/** Loads koffi at the first call. */
function load(): Library {
  if (library) return library;
  try {
    const koffi = loadKoffi();
    return (library = { koffi, c: koffi.load(null) });
  } catch (error) {
    throw unavailable(error);
  }
}

/** Without locks nothing can be changed safely, not even with `--offline`. */
function unavailable(cause: unknown): PapyraError {
  const reason = (cause as Error).message.split('\n')[0]!;
  return new PapyraError(
    'config_invalid',
    `papyra cannot make system calls here (${process.platform}, ${process.arch}): ${reason}`,
    {
      hint: `nothing was done; ${KOFFI_HINT}. Without system calls these still work: dry runs, doctor, config, schedule, reading metrics, and Redis`,
      cause,
    },
  );
}

/**
 * Calls a C function that returns -1 on failure.
 *
 * @param prototype as C declares it, such as `int flock(int fd, int operation)`.
 * @throws {NodeJS.ErrnoException} as `node:fs` does: with `code`, `errno` and `syscall`.
 * @throws {PapyraError} `config_invalid` where C functions cannot be called at all.
 */
export function call(prototype: string, ...args: Parameters<CFunction>): number {
  const { koffi } = load();
  const result = functionOf(prototype)(...args);
  if (result !== -1) return result;
  throw errnoException(koffi.errno(), /(\w+)\(/.exec(prototype)![1]!);
}

/**
 * Calls a C function on another thread. Resolves to what it returns; errno is not to be had.
 *
 * @throws {PapyraError} as {@link call}.
 */
export function callAside(prototype: string, ...args: Parameters<CFunction>): Promise<number> {
  const aside: (...args: Parameters<CFunction>) => Promise<number> = promisify(functionOf(prototype).async); // prettier-ignore
  return aside(...args);
}

function functionOf(prototype: string): CFunction {
  const { c } = load();
  let found = functions.get(prototype);
  if (!found) functions.set(prototype, (found = c.func(prototype)));
  return found;
}

function errnoException(errno: number, syscall: string): NodeJS.ErrnoException {
  const numbers: Record<string, number> = constants.errno;
  const code = Object.keys(numbers).find((name) => numbers[name] === errno) ?? `errno ${errno}`;
  return Object.assign(new Error(`${code}, ${syscall}`), { code, errno: -errno, syscall });
}

/** The code of a failed system call; undefined for anything else that was thrown. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'syscall' in error && 'code' in error
    ? String(error.code)
    : undefined;
}

/** @throws {PapyraError} `config_invalid` where C functions cannot be called. */
export function assertAvailable(): void {
  load();
}
