// Executes the plan of one log:
//
// 1. Check everything that could refuse the work, before anything is written.
// 2. Write the archive (files/archive.ts). A crash after it leaves an archive of records that are still in the log.
// 3. Rewrite the log (files/replace.ts) or remove its head in place (files/head-removal.ts). The steps and the crashes
//    are told there. The next run finishes what a crash left, before it plans.
// 4. Write the index. Where a crash prevents that, the next run reads more of the log.
import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import { expected, type PapyraError } from '../../errors/errors.js';
import { BLOCK_BYTES, spaceOf } from '../../files/space.js';
import { mustMeasure, unusedBytes } from '../../files/clone.js';
import { assertRewriteFrees } from '../../files/kept-space.js';
import { obstacleToRewrite, unitInPlace } from '../../files/obstacles.js';
import { mendTail } from '../../files/mend-tail.js';
import { ownerOfCompanions } from '../../files/ownership.js';
import { assertNotHeld, replaceLog, type Replaced } from '../../files/replace.js';
import { assertRoom, assertRuntimeIsNotRewriting } from '../../files/surroundings.js';
import { isRecord } from '../../records/is-record.js';
import type { CompactionReport } from '../../report/report.js';
import type { PlanRequest } from '../backend.js';
import { archiveNameOf } from '../../log/archive-name.js';
import { keptWarning } from '../../log/kept.js';
import { bytesWritten } from '../../log/plan-clone.js';
import { headOf, selectedBytes, type Selection } from '../../log/selected-bytes.js';
import { stayingContent } from '../../log/staying.js';
import { ended, isOnlyTorn } from '../../log/torn-end.js';
import { timeRange } from '../../log/time-range.js';
import type { Phases } from '../../log/phases.js';
import type { Decision } from './decision.js';
import { updateIndex } from './update-index.js';

export async function execute(
  decision: Decision,
  report: CompactionReport,
  request: PlanRequest,
  phases: Phases,
): Promise<CompactionReport> {
  const startedAt = Date.parse(report.started_at);
  if (!decision.totals.anythingGoes) {
    if (!request.recovery) await updateIndex(decision);
    return { ...report, status: 'nothing_to_do', duration_ms: Date.now() - startedAt };
  }
  await assertPossible(decision, request, false);
  const freed = spaceMeter(decision);
  const archive = await archiveDropped(decision, request, phases);
  const { appended, kept } = decision.head
    ? await collapse(decision, phases)
    : (mended(decision, request) ?? (await rewrite(decision, request, phases, archive)));
  if (!request.recovery) await updateIndex(decision);
  return {
    ...report,
    status: 'compacted',
    duration_ms: Date.now() - startedAt,
    records: { ...report.records, appended: appended.records },
    bytes: { ...report.bytes, appended: appended.bytes, reclaimed_on_disk: await freed() },
    archive,
    warnings: [...report.warnings, ...(kept ? [keptWarning(kept)] : [])],
  };
}

/** Says, when the work is done, how much less the log takes on the disk. */
function spaceMeter({ log, names, clone, closeLog }: Decision): () => Promise<number> {
  if (!clone || !mustMeasure(names.directory)) {
    return () => Promise.resolve(log.stat.blocks * BLOCK_BYTES - spaceOf(names.entry));
  }
  const before = unusedBytes(names.directory);
  return async () => {
    await closeLog();
    return unusedBytes(names.directory) - before;
  };
}

/** Bytes that a rewrite writes. */
function roomNeeded({ log, totals, clone }: Decision): number {
  return bytesWritten(log.stat.size - totals.bytesGoing, clone);
}

/** Why the run could not do now what the dry run shows; undefined: it could. */
export async function refusalOf(
  decision: Decision,
  request: PlanRequest,
): Promise<PapyraError | undefined> {
  if (!decision.totals.anythingGoes) return undefined;
  return assertPossible(decision, request, true).then(() => undefined, expected);
}

async function assertPossible(
  decision: Decision,
  { offline }: PlanRequest,
  looksOnly: boolean,
): Promise<void> {
  const { log, names, head, freeing } = decision;
  if (looksOnly) assertRuntimeIsNotRewriting(names);
  if (head) {
    unitInPlace(log, names);
    return;
  }
  if (freeing) assertRewriteFrees(log, names);
  const obstacle = obstacleToRewrite(log, names, { offline, looksOnly });
  if (obstacle) throw obstacle;
  assertRoom(names, roomNeeded(decision));
  if (!offline) await assertNotHeld(log);
}

/** Where nothing but the end of the log is wrong, that alone is written. undefined: it cannot be done in place now. */
function mended({ log, totals, torn }: Decision, { offline }: PlanRequest): Replaced | undefined {
  if (!isOnlyTorn(totals, torn) || !mendTail(log, torn, { offline })) return undefined;
  torn.isMended = true;
  return { appended: { records: 0, bytes: 0 } };
}

async function rewrite(
  decision: Decision,
  request: PlanRequest,
  phases: Phases,
  archive: string | null,
): Promise<Replaced> {
  const { log, names, seen, totals, torn, clone } = decision;
  const { offline, signal } = request;
  const undo = archive === null ? undefined : (await import('../../files/archive.js')).takeBack;
  return replaceLog({
    log,
    stat: log.stat,
    names,
    planned: seen.end,
    content: ended(stayingContent(selectionOf(decision, request, phases), clone), torn),
    size: roomNeeded(decision),
    onWrite: phases('write', bytesWritten(totals.bytesKept, clone)),
    offline,
    tailSample: decision.tailSample,
    // Nothing was dropped, so the archive is not needed.
    onUndone: () => archive !== null && undo?.(archive),
    isRecord,
    signal,
  });
}

async function collapse(decision: Decision, phases: Phases): Promise<Replaced> {
  const { log, totals } = decision;
  const { removeInPlace } = await import('../../log/in-place.js');
  await removeInPlace({ ...decision, head: decision.head! }, phases);
  const grown = fstatSync(log.fd).size + totals.bytesGoing - log.stat.size;
  // Writers go on in the same file, and nobody has counted their lines.
  const records = grown > 0 ? null : 0;
  return { appended: { records, bytes: Math.max(0, grown) } };
}

async function archiveDropped(
  decision: Decision,
  request: PlanRequest,
  phases: Phases,
): Promise<string | null> {
  const { log } = decision;
  if (request.recovery?.quarantine !== undefined) {
    const { quarantineLines } = await import('../../log/quarantine.js');
    return quarantineLines(request.recovery.quarantine, log, [{ ...decision, path: log.path }], phases()); // prettier-ignore
  }
  if (request.archive === undefined) return null;
  const [{ writeArchive }, { fileSource }] = await Promise.all([import('../../files/archive.js'), import('../../log/archive-source.js')]); // prettier-ignore
  return writeArchive({
    archiving: request.archive,
    ...archiveNameOf(log.path),
    owner: ownerOfCompanions(log),
    parts: [
      {
        name: basename(log.path),
        content: selectedBytes('going', selectionOf(decision, request, phases)),
        source: () => fileSource(log.fd, decision.head !== undefined),
      },
    ],
    watch: timeRange(),
  });
}

function selectionOf(
  { log, reader, thread, seen, cut, head }: Decision,
  { rules }: PlanRequest,
  phases: Phases,
): Selection {
  const blocks = head ? headOf(seen.blocks, head.keep) : seen.blocks;
  return { file: log, blocks, cut: cut.records, rules, reader, thread, tick: phases() };
}
