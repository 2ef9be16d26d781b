// Loads koffi, the native library that calls C functions: npm installs it as a package, the one file contains it.
// The kernel runs code only from a file. The .deb and the image have that file in INSTALLED. The one file alone writes
// its copy to a file without a name, which no other user can open and which leaves nothing behind, however papyra ends.
import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import { openNameless } from './nameless.js';

declare const PAPYRA_VERSION: string;

/** Arguments after the declared ones come in pairs: a type, then the value. */
export interface CFunction {
  (...args: CValue[]): number;
  /** The same on a thread of libuv's. */
  async: (...args: [...CValue[], (error: Error | null, result: number) => void]) => void;
}
type CValue = number | string | Uint8Array | null;

/** What papyra uses of koffi (whose own types need its whole package). */
export interface Koffi {
  load(path: null): { func(prototype: string): CFunction };
  errno(): number;
}

/** What to do where koffi cannot be loaded. */
export const KOFFI_HINT = isSea()
  ? 'install the package of your system (.deb), which needs no such directory, or allow one of them to hold programs: mount it without noexec'
  : 'reinstall papyra with its optional dependencies (npm install --include=optional)';

/** @throws {Error} that says why it cannot be loaded. */
export function loadKoffi(): Koffi {
  if (!isSea()) {
    const require = createRequire(import.meta.url);
    return require(`@koromix/koffi-${process.platform}-${process.arch}`) as Koffi;
  }
  const installed = `/usr/lib/papyra/${PAPYRA_VERSION}/koffi.node`;
  return existsSync(installed) ? open(installed) : openCopy();
}

function open(path: string): Koffi {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports as Koffi;
}

/** Tries one directory after the other: some are full, some may hold no programs (noexec). */
function openCopy(): Koffi {
  const copy = new Uint8Array(getRawAsset('koffi.node') as ArrayBuffer);
  const refusals: string[] = [];
  for (const directory of directories()) {
    let fd: number | undefined;
    try {
      fd = openNameless(directory) ?? openUnlinked(directory);
      writeFileSync(fd, copy);
      return open(`/proc/self/fd/${fd}`);
    } catch (error) {
      refusals.push(`${directory}: ${reasonOf(error)}`);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }
  throw new Error(`no directory takes a file that may be run (${refusals.join('; ')})`);
}

/** Memory first, because a disk may be full. As root, none that the environment or a plain user could have chosen. */
function directories(): string[] {
  const { uid, homedir } = owner();
  const own = uid === 0 ? [] : [`/run/user/${uid}`, tmpdir()];
  const places = ['/dev/shm', ...own, '/tmp', '/var/tmp', '/run', homedir, dirname(process.execPath)]; // prettier-ignore
  return [...new Set(places)];
}

function owner(): { uid: number; homedir: string } {
  try {
    return userInfo();
  } catch {
    // The user id has no name.
    return { uid: process.getuid!(), homedir: '/' };
  }
}

/** Where a file system has no files without a name: a name that nobody can guess, and that is gone at once. */
function openUnlinked(directory: string): number {
  const path = join(directory, `.papyra-${randomBytes(16).toString('hex')}`);
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
  const fd = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600);
  unlinkSync(path);
  return fd;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_DLOPEN_FAILED') return String(code);
  return message.includes('failed to map') ? 'noexec' : message;
}
