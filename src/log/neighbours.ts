// Finds the files beside a log that the runtime would count as anomalies.
import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { attempt } from '../errors/system-error.js';
import { isRotated } from '../files/file-names.js';
import type { LogNames } from '../files/names.js';
import { runtimeTemps } from '../files/surroundings.js';
import type { Anomaly } from '../report/anomalies.js';

/**
 * Files whose names begin with the log's own. `maxFiles`: those of a set of so many belong to it; 1: the log is alone.
 * What papyra keeps begins with a dot, and what the runtime is writing just now is its own affair.
 */
export function neighboursOf(names: LogNames, maxFiles: number, isSet: boolean): Anomaly[] {
  const log = basename(names.log);
  const fresh = new Set(runtimeTemps(names).flatMap((temp) => (temp.fresh ? [temp.name] : [])));
  const all = attempt('list', names.directory, () => readdirSync(names.directory));
  return all
    .filter((name) => name.startsWith(log) && name !== log && !fresh.has(name))
    .filter(
      (name) =>
        lstatSync(join(names.directory, name), { throwIfNoEntry: false })?.isDirectory() === false,
    ) // prettier-ignore
    .sort((one, other) => indexOf(log, one) - indexOf(log, other) || (one < other ? -1 : 1))
    .flatMap((name) => {
      const index = isSet ? indexOf(log, name) : Infinity;
      if (index < maxFiles) return [];
      const isOrphan = index !== Infinity;
      const file = join(dirname(names.log), name);
      return [
        isOrphan
          ? anomaly('ORPHANED_ROTATED_FILE', file, `a set of ${maxFiles} files ends with .${maxFiles - 1}`) // prettier-ignore
          : anomaly('UNEXPECTED_FILE', file, 'its name begins with that of the log'),
      ];
    });
}

/** The number of a rotated file; Infinity of any other one. */
function indexOf(log: string, name: string): number {
  const isNumbered = isRotated(log, name) && /\.[1-9]\d*$/.test(name);
  return isNumbered ? Number(name.slice(log.length + 1)) : Infinity;
}

function anomaly(kind: Anomaly['kind'], file: string, detail: string): Anomaly {
  const bytes = lstatSync(file, { throwIfNoEntry: false })?.size ?? null;
  return {
    kind,
    file,
    stream: null,
    line: null,
    id: null,
    offset: null,
    bytes,
    detail,
    excerpt: '',
  };
}
