// Names the archives of a log.
import { basename } from 'node:path';
import type { OpenFile } from '../files/read.js';

/** `name`: the first part of the file name; `identity`: tells this log from others with the same name. */
export function archiveNameOf({ path }: Pick<OpenFile, 'path'>): {
  name: string;
  identity: string;
} {
  return { name: basename(path), identity: path };
}
