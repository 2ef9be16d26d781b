// Loads koffi, the library that calls C functions, and calls them with errors as those of node:fs.
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { PapyraError } from '../errors/errors.js';

/** Arguments after the declared ones come in pairs: a type, then the value. */
export type CFunction = (...args: (number | string | Uint8Array | null)[]) => number;

/** What papyra uses of koffi (whose own types need its whole package). */
interface Koffi {
  load(path: null): { func(prototype: string): CFunction };
  errno(): number;
}

interface Library {
  koffi: Koffi;
  c: { func(prototype: string): CFunction };
}

let library: Library | undefined;
const functions = new Map<string, CFunction>();

/** Loads the prebuilt package of koffi for this system, at the first call: npm installs the optional one that fits. */
function load(): Library {
  if (library) return library;
  try {
    const require = createRequire(import.meta.url);
    const koffi = require(`@koromix/koffi-${process.platform}-${process.arch}`) as Koffi;
    return (library = { koffi, c: koffi.load(null) });
  } catch (error) {
    throw unavailable(error);
  }
}

/** Without locks nothing can be changed safely, not even with `--offline`. */
function unavailable(cause: unknown): PapyraError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
  return new PapyraError(
    'config_invalid',
    `papyra cannot make system calls here (${process.platform}, ${process.arch}): ${reason}`,
    {
      hint: `nothing was done; reinstall papyra with its optional dependencies (npm install --include=optional). Without them these still work: dry runs, doctor, config, schedule, reading metrics, and Redis`,
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
  const { koffi, c } = load();
  let call = functions.get(prototype);
  if (!call) functions.set(prototype, (call = c.func(prototype)));
  const result = call(...args);
  if (result !== -1) return result;
  throw errnoException(koffi.errno(), /(\w+)\(/.exec(prototype)![1]!);
}

function errnoException(errno: number, syscall: string): NodeJS.ErrnoException {
  const [code = `errno ${errno}`] =
    Object.entries(constants.errno).find(([, value]) => value === errno) ?? [];
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
