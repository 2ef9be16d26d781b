// Checks whether this user could replace a log, without planning a compaction.
import { accessSync, constants } from 'node:fs';
import { basename, dirname } from 'node:path';
import { namesFor } from '../files/names.js';
import { assertGroup, assertOwner } from '../files/ownership.js';
import { attempt } from '../errors/system-error.js';
import type { OpenLog } from './open.js';

/** @throws {PapyraError} `permission_denied`, and whatever else would stop a compaction. */
export function checkLog({ path, stat }: OpenLog): void {
  const { log } = namesFor(path);
  assertOwner(log, stat);
  assertGroup(log, stat);
  checkDirectory(path);
}

/** papyra makes files beside the log, even before the runtime has made the log itself. */
export function checkDirectory(log: string): void {
  const directory = dirname(log);
  attempt('write to the directory', directory, () =>
    accessSync(directory, constants.W_OK | constants.X_OK),
  );
}

/** The warning for a configured log that the runtime has not made yet. */
export function notThereYet(path: string): string {
  return `${basename(path)} is not there yet: the runtime has written nothing to ${path}`;
}
