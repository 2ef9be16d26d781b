import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import type { OpenFile } from '../files/read.js';

/** How the archives of a log are called, and what tells it from other logs of that name. */
export function archiveNameOf({ path, fd }: OpenFile): { name: string; identity: string } {
  return { name: basename(path), identity: `${path}:${fstatSync(fd).dev}` };
}
