// Puts together the licences of all that is in the one file.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, VERSION, type Arch } from './common.js';
import node from './node.json' with { type: 'json' };
import { fetchNode } from './npm-package.js';

/** papyra, the libraries in its bundle, koffi, and Node with its own libraries. */
export function licences(arch: Arch): string {
  const read = (path: string) => readFileSync(path, 'utf8').trim();
  return [
    `papyra ${VERSION}\n\n${read(join(ROOT, 'LICENSE'))}`,
    `koffi\n\n${read(join(ROOT, 'packaging/koffi-licence.txt'))}`,
    read(join(ROOT, 'dist/THIRD-PARTY-LICENCES.txt')),
    `Node.js ${node.version}\n\n${read(join(fetchNode(arch), 'LICENSE'))}`,
  ].join(`\n\n${'-'.repeat(72)}\n\n`);
}
