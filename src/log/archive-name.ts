// Names the archives of a log.
import { basename } from 'node:path';

/** `name`: the first part of the file name; `identity`: tells this log from others with the same name. */
export function archiveNameOf(path: string): { name: string; identity: string } {
  return { name: basename(path), identity: path };
}
