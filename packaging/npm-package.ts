// Fetches a package of npm's registry without installing it, and checks that it has the bytes that were asked for.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FETCHED, ROOT, run, type Arch } from './common.js';
import node from './node.json' with { type: 'json' };

interface Lock {
  packages: Record<string, { version: string; integrity: string }>;
}

/** The folder of Node as it goes into the one file: `bin/node`, `LICENSE`. */
export function fetchNode(arch: Arch): string {
  return fetchPackage(`node-linux-${arch}`, node.version, node.integrity[arch]);
}

/** koffi for an architecture, of the version that package-lock.json names. */
export function fetchKoffi(arch: Arch): string {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  const name = `@koromix/koffi-linux-${arch}`;
  const { version, integrity } = packages[`node_modules/${name}`]!;
  return join(fetchPackage(name, version, integrity), `linux_${arch}/koffi.node`);
}

/** @throws {Error} when the registry has other bytes under that name and version. */
function fetchPackage(name: string, version: string, integrity: string): string {
  const folder = join(FETCHED, `${name.replace(/.*\//, '')}-${version}`);
  if (existsSync(folder)) return folder;
  const unpacking = `${folder}.${process.pid}`;
  mkdirSync(unpacking, { recursive: true });
  const args = ['pack', '--silent', `${name}@${version}`, '--pack-destination', unpacking];
  const tarball = join(unpacking, run('npm', args).trim());
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name}@${version} is ${found}, not ${integrity}`);
  run('tar', ['-xzf', tarball, '-C', unpacking, '--no-same-owner']);
  run('mv', ['--no-target-directory', join(unpacking, 'package'), folder]);
  run('rm', ['-r', unpacking]);
  return folder;
}
