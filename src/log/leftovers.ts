// Lists what killed runs and the runtime's own maintenance left beside a log.
import { lstatSync } from 'node:fs';
import { withShownPaths } from '../errors/held-paths.js';
import type { LogNames } from '../files/names.js';
import { passingFiles } from '../files/recover.js';

/** Not where links lead: one of them is an intent, and leads nowhere. */
export function leftBy(names: LogNames): { path: string; changed: Date }[] {
  return passingFiles(names).flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat ? [{ path: withShownPaths(path), changed: stat.mtime }] : [];
  });
}
