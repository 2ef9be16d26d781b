// Fetches the libraries of Debian that the one file needs: for the image, and to run a Node of another architecture.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHITECTURES, FETCHED, run, type Arch } from './common.js';

const PACKAGES = ['libstdc++6', 'libgcc-s1', 'coreutils', 'util-linux', 'base-files'];

/** A folder with these packages, unpacked and not configured: remove it to get newer ones. */
export function debianRoot(arch: Arch): string {
  const folder = join(FETCHED, `debian-${ARCHITECTURES[arch].debian}`);
  if (existsSync(folder)) return folder;
  mkdirSync(FETCHED, { recursive: true });
  const unpacking = `${folder}.${process.pid}`;
  run('mmdebstrap', [
    ...['--quiet', '--variant=extract', `--architectures=${ARCHITECTURES[arch].debian}`],
    ...[`--include=${PACKAGES.join(',')}`, 'bookworm', unpacking],
  ]);
  run('mv', ['--no-target-directory', unpacking, folder]);
  return folder;
}
