// Does the work on one file of a set: steps 2, 4 and 6 of execute.ts, and the checks before them.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, renameSync } from 'node:fs';
import { expected, PapyraError } from '../../errors/errors.js';
import { copyChunks, isSparse } from '../../files/copy.js';
import { createExclusive, removeFile, syncDirectory, withWriting } from '../../files/durable.js';
import { assertRewriteFrees } from '../../files/kept-space.js';
import { carryOver } from '../../files/metadata.js';
import { mendTail } from '../../files/mend-tail.js';
import type { LogNames } from '../../files/names.js';
import { obstacleToRewrite } from '../../files/obstacles.js';
import { assertNotHeld, replaceLog } from '../../files/replace.js';
import { assertRoom, noRoom } from '../../files/surroundings.js';
import { attempt, errnoOf, systemError } from '../../errors/system-error.js';
import { isRecord } from '../../records/is-record.js';
import type { LineReader } from '../../records/line-reader.js';
import type { PlanRequest } from '../backend.js';
import { keptWarning } from '../../log/kept.js';
import type { Phases } from '../../log/phases.js';
import { bytesWritten } from '../../log/plan-clone.js';
import { headOf, type Selection } from '../../log/selected-bytes.js';
import type { SecondThread } from '../../log/scan-threads.js';
import { stayingContent } from '../../log/staying.js';
import { ended, isOnlyTorn } from '../../log/torn-end.js';
import type { Result, SegmentPlan } from './decision.js';
import type { SetTask } from './report.js';
import { currentName, indexOf } from './set.js';
import type { Sample, RenameGuard } from './rename-guard.js';

export interface SetRun extends SetTask {
  names: LogNames;
  request: PlanRequest;
  phases: Phases;
  reader: LineReader;
  thread: SecondThread | undefined;
  /** The active file when the set was opened. */
  opened: Sample;
}

/** Step 2, for a rotated file of which every line goes. Nobody appends to it. */
export async function empty({ segment, seen }: SegmentPlan): Promise<Result> {
  const { log } = segment;
  if (log.stat.size === 0) return { action: 'emptied' };
  const { size, nlink } = fstatSync(log.fd);
  if (size !== log.stat.size || seen.blocks.length === 0) throw changed(log.path);
  // A file with a second name, as of a backup, keeps its content: only our name goes, in step 5.
  if (nlink > 1) return { action: 'emptied' };
  await withWriting(log, (fd) => {
    ftruncateSync(fd, 0);
    fsyncSync(fd);
  });
  return { action: 'emptied' };
}

/** Throws what prevents a rewrite of a file where it is. Returns the bytes that the rewrite takes. */
export function assertPossible(
  { names, request }: Pick<SetRun, 'names' | 'request'>,
  { segment, totals, clone }: Pick<SegmentPlan, 'segment' | 'totals' | 'clone'>,
  looksOnly: boolean,
): number {
  const { log } = segment;
  const own = { ...names, log: log.path };
  if (request.rules.free) assertRewriteFrees(log, own);
  const obstacle = obstacleToRewrite(log, own, { offline: request.offline, looksOnly });
  if (obstacle) throw obstacle;
  const size = bytesWritten(log.stat.size - totals.bytesGoing, clone);
  assertRoom(names, size);
  return size;
}

/** Why a file that is to be rewritten cannot be now; undefined: it can. */
export async function refusalOf(
  run: Pick<SetRun, 'names' | 'request'>,
  plan: SegmentPlan,
  looksOnly: boolean,
): Promise<PapyraError | undefined> {
  if (plan.refusal || plan.action !== 'rewritten') return plan.refusal;
  const { log, index } = plan.segment;
  try {
    assertPossible(run, plan, looksOnly);
    if (index === 0 && !run.request.offline) await assertNotHeld(log);
    return undefined;
  } catch (error) {
    return expected(systemError(error, 'look at', log.path));
  }
}

/** Step 4, for a rotated file of which some lines stay. */
export async function shrink(run: SetRun, plan: SegmentPlan, zones: RenameGuard): Promise<Result> {
  if (plan.head) return collapse(run, plan);
  if (isMended(run, plan)) return { action: 'rewritten' };
  const { set, names, phases } = run;
  const { log } = plan.segment;
  const size = assertPossible(run, plan, false);
  zones.assertStill();
  const fd = attempt('create', names.temp, () => createExclusive(names.temp));
  const temp = { fd, path: names.temp };
  try {
    carryOver(log, temp);
    const onWrite = phases('write', bytesWritten(plan.totals.bytesKept, plan.clone));
    const content = ended(stayingContent(selectionOf(run, plan), plan.clone), plan.torn);
    await copyChunks(content, temp, onWrite, { keepHoles: isSparse(log.stat) }); // prettier-ignore
    attempt('sync', temp.path, () => fsyncSync(temp.fd));
    plan.tailSample.assertUnchanged();
    zones.assertStill();
    const name = currentName(set, plan.segment, 1);
    if (name === undefined) throw gone(log.path);
    if (fstatSync(log.fd).size !== log.stat.size) throw changed(log.path);
    renameSync(names.temp, name);
    zones.changed(indexOf(set, name), 'replaced');
    assertReplaced(run, plan);
    attempt('sync', names.directory, () => syncDirectory(names.directory));
  } catch (error) {
    removeFile(names.temp);
    if (['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? errnoOf((error as Error).cause) ?? '')) {
      throw noRoom(names, size, error);
    }
    throw error;
  } finally {
    closeSync(temp.fd);
  }
  return { action: 'rewritten' };
}

/** Step 6, for the active file. */
export async function shrinkActive(
  run: SetRun,
  plan: SegmentPlan,
  zones: RenameGuard,
): Promise<Result> {
  if (plan.head) return collapse(run, plan);
  if (isMended(run, plan)) return { action: 'rewritten' };
  const { names, request, phases } = run;
  const { log } = plan.segment;
  const { offline, signal } = request;
  const size = assertPossible(run, plan, false);
  if (!offline) await assertNotHeld(log);
  const { appended, kept } = await replaceLog({
    log,
    stat: log.stat,
    names,
    planned: plan.seen.end,
    content: ended(stayingContent(selectionOf(run, plan), plan.clone), plan.torn),
    size,
    onWrite: phases('write', bytesWritten(plan.totals.bytesKept, plan.clone)),
    offline,
    tailSample: plan.tailSample,
    ...(offline ? {} : { fresh: names.fresh }),
    lastLook: () => zones.assertStill(),
    isRecord,
    signal,
  });
  zones.changed(0, 'replaced');
  assertReplaced(run, plan);
  if (kept) run.warnings.push(keptWarning(kept));
  return { action: 'rewritten', appended };
}

/** Where nothing but the end of a file is wrong, that alone is written. */
function isMended({ request }: SetRun, { segment, totals, torn }: SegmentPlan): boolean {
  if (!isOnlyTorn(totals, torn) || !mendTail(segment.log, torn, request)) return false;
  torn.isMended = true;
  return true;
}

async function collapse(run: SetRun, plan: SegmentPlan): Promise<Result> {
  const { set, names, phases } = run;
  const { log } = plan.segment;
  const name = currentName(set, plan.segment);
  if (name === undefined) throw gone(log.path);
  const { removeInPlace } = await import('../../log/in-place.js');
  await removeInPlace({ ...plan, log, names: { ...names, entry: name }, head: plan.head! }, phases);
  return { action: 'collapsed' };
}

function changed(path: string): PapyraError {
  return new PapyraError('try_again', `${path} has changed while papyra read it`, {
    hint: 'it is as it was; run again',
  });
}

/** The old file must have no name now. If it has one, it was rotated at that moment, and ours replaced another file. */
function assertReplaced({ set }: SetRun, plan: SegmentPlan): void {
  const name = currentName(set, plan.segment);
  if (name === undefined) return;
  throw new PapyraError(
    'io_error',
    `${set.path} was rotated in the very moment in which ${plan.name} was replaced: what was appended in that moment may be lost, and records of ${name} are there twice`,
    { hint: 'max_bytes is too small for what the runtime writes: use --in-place, or compact when it writes less' }, // prettier-ignore
  );
}

function gone(path: string): PapyraError {
  return new PapyraError('try_again', `${path} is not in the set any more`, {
    hint: 'find out what moves or removes files of the set, then run again',
  });
}

export function selectionOf(
  { request, reader, thread, phases }: SetRun,
  plan: SegmentPlan,
): Selection {
  const { segment, seen, cut, head } = plan;
  const blocks = head ? headOf(seen.blocks, head.keep) : seen.blocks;
  const { rules } = request;
  return { file: segment.log, blocks, cut: cut.records, rules, reader, thread, tick: phases() };
}
