// Plans the recovery of a rotating set.
import { closeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeDirectory } from '../../files/make-directory.js';
import { moveAside } from '../../files/move-aside.js';
import { holdNames, type LogNames } from '../../files/names.js';
import { assertNoForeignLink, assertOwner } from '../../files/ownership.js';
import { neighboursOf } from '../../log/neighbours.js';
import { openLog } from '../../log/open.js';
import { freeName } from '../../log/quarantine.js';
import { planRequestOf, recoveryPlan } from '../../log/recovery.js';
import type { Anomaly } from '../../report/anomalies.js';
import type { RecoveryPlan, RecoveryRequest } from '../backend.js';
import { planSet } from './plan.js';
import type { SetOptions } from './set.js';

/** Damaged lines and truncated ends go from each file. With quarantine, files that the set cannot have are moved. */
export async function recoverSet(set: SetOptions, request: RecoveryRequest): Promise<RecoveryPlan> {
  const plan = await planSet(set, planRequestOf(request));
  const { names, release } = holdNames(set.path);
  const close = async () => {
    await plan.close();
    release();
  };
  const neighbours = neighboursOf(names, set.maxFiles, true);
  const { mode, quarantineDir } = request;
  return recoveryPlan(
    { ...plan, close },
    {
      backend: 'rotating',
      target: set.path,
      files: plan.plans.map(({ segment: { log }, ...plan }) => ({ ...plan, log, path: log.path })), // prettier-ignore
      neighbours,
      ...(mode === 'quarantine' && quarantineDir !== undefined
        ? { moveNeighbours: () => moveOrphans(names, neighbours, quarantineDir) }
        : {}),
    },
    request,
  );
}

/** Each is looked at as a file of the set would be: root moves nothing that the owner of the log could not move. */
function moveOrphans(
  names: LogNames,
  neighbours: readonly Anomaly[],
  directory: string,
): Map<Anomaly, string> {
  const moved = new Map<Anomaly, string>();
  const orphans = neighbours.filter(({ kind }) => kind === 'ORPHANED_ROTATED_FILE');
  if (orphans.length === 0) return moved;
  makeDirectory(directory);
  for (const orphan of orphans) {
    const name = basename(orphan.file!);
    const entry = join(names.directory, name);
    const log = openLog(orphan.file!, entry);
    try {
      assertNoForeignLink(log, names.directory);
      assertOwner(orphan.file!, log.stat);
      moved.set(
        orphan,
        moveAside({ fd: log.fd, path: entry }, directory, freeName(directory, name, '')),
      );
    } finally {
      closeSync(log.fd);
    }
  }
  return moved;
}
