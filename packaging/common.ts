// Defines what all packages share: their folder, version, time and architectures, and how a program is run.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execaSync, type SyncOptions } from 'execa';

export const ROOT = join(import.meta.dirname, '..');

/** Where packages are made. PAPYRA_PACKAGES names another folder. */
export const OUT = process.env['PAPYRA_PACKAGES'] ?? join(ROOT, 'dist-packages');

/** What is fetched once: Node, and the libraries of Debian. */
export const FETCHED = join(ROOT, 'dist-packages/fetched');

export const VERSION = (
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
).version;

/** The names that others give to an architecture. */
export const ARCHITECTURES = {
  x64: { debian: 'amd64', triplet: 'x86_64-linux-gnu', qemu: 'qemu-x86_64-static' },
  arm64: { debian: 'arm64', triplet: 'aarch64-linux-gnu', qemu: 'qemu-aarch64-static' },
} as const;

export type Arch = keyof typeof ARCHITECTURES;

/** `--arch x64` or `--arch arm64`; default: that of this machine. */
export function archOfArguments(): Arch {
  const { values } = parseArgs({ options: { arch: { type: 'string' } } });
  const { arch = process.arch } = values;
  if (Object.hasOwn(ARCHITECTURES, arch)) return arch as Arch;
  throw new Error(`--arch ${arch}: must be one of ${Object.keys(ARCHITECTURES).join(', ')}`);
}

/** The time of the commit: all files in all packages have it, so that a commit makes the same bytes each time. */
export const EPOCH = Number(
  process.env['SOURCE_DATE_EPOCH'] ??
    execaSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT }).stdout,
);

/** Nothing of the machine or the user that makes a package shows in it. */
const ENVIRONMENT = { SOURCE_DATE_EPOCH: String(EPOCH), TZ: 'UTC', LC_ALL: 'C.UTF-8' };
process.umask(0o022);

/** Runs a program to its end, in the checkout; returns what it prints. Its messages are shown only when it fails. */
export function run(command: string, args: string[], options: SyncOptions = {}): string {
  const result = execaSync(command, args, { cwd: ROOT, env: ENVIRONMENT, ...options });
  return String(result.stdout ?? '');
}

/** An empty folder for the parts of a package. */
export function workFolder(name: string): string {
  const folder = join(OUT, 'work', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Gives the time of the commit to all files of a folder. */
export function settleTimes(folder: string): void {
  run('find', [folder, '-exec', 'touch', '--no-dereference', `--date=@${EPOCH}`, '{}', '+']);
}
