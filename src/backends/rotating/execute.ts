// Executes the plan of a rotating set, while the runtime appends and rotates.
//
// Names may move at any time, so the work is done through descriptors, and a name is looked up right before it is used.
//
// 1. Archive what goes. A crash after this leaves an archive of records that are still in the set.
// 2. Empty the rotated files of which every line goes. It needs no space, and frees theirs before anything is written.
//    A crash leaves empty files: the next run plans their removal.
// 3. Wait until names hold still (rename-guard.ts), and check that again right before each rename and unlink.
// 4. Rewrite the rotated files of which some lines go: temporary file, fsync, rename over the current name of the old
//    one. A crash leaves the temporary file; the next run removes it (recoverSet in files/recover.ts). With --in-place
//    the head goes (files/head-removal.ts). A crash leaves an intent; the next run finishes it (repair.ts).
// 5. Unlink empty files, but not the top one of a set whose rotation has stalled.
// 6. Replace the active file (files/replace.ts), with a second name for the new file, because its first may move on. A
//    crash leaves the second names of the old and the new file: the next run brings late records over (recoverSet).
// 7. Unlink that top file, if it is empty. It comes last, because rotation goes on when its name is free.
//
// A part that fails does not stop the others. The next run does what could not be done.
import { fstatSync, unlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { PapyraError } from '../../errors/errors.js';
import { mustMeasure } from '../../files/clone.js';
import { syncDirectory } from '../../files/durable.js';
import { ownerOfCompanions, type Owner } from '../../files/ownership.js';
import { BLOCK_BYTES } from '../../files/space.js';
import { attempt, systemError } from '../../errors/system-error.js';
import type { CompactionReport } from '../../report/report.js';
import { archiveNameOf } from '../../log/archive-name.js';
import { selectedBytes } from '../../log/selected-bytes.js';
import type { LogScan } from '../../log/scan.js';
import { timeRange } from '../../log/time-range.js';
import type { Result, SegmentPlan } from './decision.js';
import { empty, refusalOf, selectionOf, shrink, shrinkActive, type SetRun } from './parts.js';
import { setReport } from './report.js';
import { currentName, indexOf, spaceOfSet } from './set.js';
import { RenameGuard } from './rename-guard.js';

export async function executeSet(
  run: SetRun,
  plans: readonly SegmentPlan[],
  merged: LogScan,
): Promise<CompactionReport> {
  const { set, request } = run;
  const results = new Map<SegmentPlan, Result>(
    plans.map((plan) => [plan, plan.refusal ? { failure: plan.refusal } : {}]),
  );
  const longest = Math.max(0, ...merged.blocks.map(({ sums }) => sums.longest));
  const zones = new RenameGuard(set, longest, run.opened, request.offline);
  const busy = await possible(run, plans, results);
  const archive = busy.some(({ totals }) => totals.anythingGoes)
    ? await archiveAll(run, busy)
    : null;
  const stop = await doParts(run, busy, zones, results).then(() => undefined, stopOf);
  return conclude(run, plans, merged, results, archive, stop);
}

/** The parts that have work and can be done. Refusals are found before anything is archived. */
async function possible(
  run: SetRun,
  plans: readonly SegmentPlan[],
  results: Map<SegmentPlan, Result>,
): Promise<SegmentPlan[]> {
  const busy: SegmentPlan[] = [];
  for (const plan of plans) {
    if (plan.action === 'unchanged') continue;
    const failure = await refusalOf(run, plan, false);
    if (failure) results.set(plan, { failure });
    else busy.push(plan);
  }
  return busy;
}

/** Steps 2 to 7. */
async function doParts(
  run: SetRun,
  busy: readonly SegmentPlan[],
  zones: RenameGuard,
  results: Map<SegmentPlan, Result>,
): Promise<void> {
  const { set, request } = run;
  for (const plan of busy.filter(({ action }) => action === 'removed')) {
    await attemptPart(results, plan, () => empty(plan));
  }
  for (const plan of busy.filter((one) => one.action !== 'removed' && !isActive(one))) {
    await zones.settle(request.signal);
    await attemptPart(results, plan, () => shrink(run, plan, zones));
  }
  await removeEmptied(run, results, zones, (index) => index < set.maxFiles - 1 || !zones.wasFull);
  // The active file is never removed.
  for (const plan of busy.filter(isActive)) {
    await zones.settle(request.signal);
    await attemptPart(results, plan, () => shrinkActive(run, plan, zones));
  }
  await removeEmptied(run, results, zones, () => true);
}

function isActive({ segment }: SegmentPlan): boolean {
  return segment.index === 0;
}

/** The stop that ended the work; any other error is thrown. */
function stopOf(error: unknown): PapyraError {
  if (error instanceof PapyraError && error.code === 'interrupted') return error;
  throw error;
}

/** Runs the work on one part, and keeps its result or failure. */
async function attemptPart(
  results: Map<SegmentPlan, Result>,
  plan: SegmentPlan,
  work: () => Promise<Result>,
): Promise<void> {
  try {
    results.set(plan, await work());
  } catch (error) {
    results.set(plan, { failure: wordedFailure(error, plan) });
  }
}

/** The failure of one part, after which the others go on. A requested stop and a bug end the run: they are thrown. */
function wordedFailure(error: unknown, { segment }: SegmentPlan): PapyraError {
  const inWords = systemError(error, 'compact', segment.log.path);
  if (inWords instanceof PapyraError && inWords.code !== 'interrupted') return inWords;
  throw inWords;
}

/** Steps 5 and 7, also for files that an earlier run left empty. */
async function removeEmptied(
  run: SetRun,
  results: Map<SegmentPlan, Result>,
  zones: RenameGuard,
  may: (index: number) => boolean,
): Promise<void> {
  const { set, names, request } = run;
  const emptied = [...results].filter(
    ([, { action, failure }]) => action === 'emptied' && !failure,
  );
  if (emptied.length === 0) return;
  await zones.settle(request.signal);
  // The top one comes last.
  for (const [plan, result] of emptied.reverse()) {
    try {
      if (zones.now() === 'grey') return;
      const name = currentName(set, plan.segment, 1);
      if (name === undefined || !may(indexOf(set, name))) continue;
      const { size, nlink } = fstatSync(plan.segment.log.fd);
      if (size > 0 && nlink === 1) continue;
      attempt('remove', name, () => unlinkSync(name));
      results.set(plan, { ...result, action: 'removed' });
      zones.changed(indexOf(set, name), 'removed');
      attempt('sync', names.directory, () => syncDirectory(names.directory));
    } catch (error) {
      results.set(plan, { ...result, failure: wordedFailure(error, plan) });
    }
  }
}

/** Step 1: one archive for the whole set, the oldest records first. */
async function archiveAll(run: SetRun, plans: readonly SegmentPlan[]): Promise<string | null> {
  const { request, names } = run;
  const [first] = plans;
  if (first && request.recovery?.quarantine !== undefined) {
    const { quarantineLines } = await import('../../log/quarantine.js');
    const { fd, stat } = first.segment.log;
    const files = plans.map(({ segment: { log }, seen, torn }) => ({ log, path: log.path, seen, torn })); // prettier-ignore
    return quarantineLines(request.recovery.quarantine, { fd, path: names.log, stat }, files, run.phases()); // prettier-ignore
  }
  if (request.archive === undefined || !first) return null;
  const [{ writeArchive }, { fileSource }] = await Promise.all([import('../../files/archive.js'), import('../../log/archive-source.js')]); // prettier-ignore
  return writeArchive({
    archiving: request.archive,
    ...archiveNameOf(names.log),
    owner: ownerOfAll(plans),
    parts: plans.map((plan) => ({
      name: plan.name,
      content: going(run, plan),
      source: () => fileSource(plan.segment.log.fd, plan.head !== undefined),
    })),
    watch: timeRange(),
  });
}

/** Whoever may read all of the files may read their archive. */
function ownerOfAll(plans: readonly SegmentPlan[]): Owner {
  const owners = plans.map(({ segment }) => ownerOfCompanions(segment.log));
  const [{ uid, gid }] = owners as [Owner];
  const isOneGroup = owners.every((owner) => owner.gid === gid);
  const mode = owners.reduce((all, owner) => all & owner.mode, isOneGroup ? 0o7777 : 0o7700);
  return { uid, gid, mode };
}

async function* going(run: SetRun, plan: SegmentPlan): AsyncGenerator<Uint8Array> {
  let last = 0x0a;
  for await (const piece of selectedBytes('going', selectionOf(run, plan))) {
    last = piece.at(-1)!;
    yield piece;
  }
  // The end of a file also ends its last line.
  if (last !== 0x0a) yield Buffer.from('\n');
}

function spaceBefore(plans: readonly SegmentPlan[]): number {
  return plans.reduce((sum, { segment }) => sum + segment.log.stat.blocks * BLOCK_BYTES, 0);
}

function conclude(
  run: SetRun,
  plans: readonly SegmentPlan[],
  merged: LogScan,
  results: ReadonlyMap<SegmentPlan, Result>,
  archive: string | null,
  stop: PapyraError | undefined,
): CompactionReport {
  const worked = [...results.values()].some(({ action }) => action !== undefined);
  if (stop && !worked) throw stop;
  // Parts that were not begun are unchanged.
  const told = stop ? new Map([...results].map(([plan, result]) => [plan, result.action ? result : { failure: stop }])) : results; // prettier-ignore
  const report = setReport(run, plans, merged, told);
  const all = [...results.values()];
  const appended = all.map(({ appended: one }) => one ?? { records: 0, bytes: 0 });
  const records = appended.some((one) => one.records === null)
    ? null
    : appended.reduce((sum, one) => sum + one.records!, 0);
  report.duration_ms = Date.now() - run.startedAt;
  report.records.appended = records;
  report.bytes.appended = appended.reduce((sum, { bytes }) => sum + bytes, 0);
  const isMeasured = report.method === 'clone' && mustMeasure(run.names.directory);
  report.bytes.reclaimed_on_disk = isMeasured ? null : spaceBefore(plans) - spaceOfSet(run.set);
  report.archive = archive;
  const left = [...results].filter(([, { action, failure }]) => action === 'emptied' && !failure);
  if (left.length > 0) {
    const names = left.map(([{ name }]) => name).join(', ');
    report.warnings.push(`${names}: emptied, but not removed while the set is about to be rotated; the next run removes it`); // prettier-ignore
  }
  if (stop) {
    report.status = 'stopped';
    throw new PapyraError('interrupted', stop.message, {
      hint: 'files that are done stay done; run again for the rest',
      cause: stop,
      report,
      ...(stop.signal ? { signal: stop.signal } : {}),
    });
  }
  const failed = [...results].filter(([, { failure }]) => failure);
  report.status = worked ? 'compacted' : 'nothing_to_do';
  if (failed.length === 0) return report;
  report.status = 'partial';
  const { failure } = failed[0]![1];
  const names = failed.map(([{ name }]) => name).join(', ');
  for (const [{ name }, { failure: why }] of failed)
    report.warnings.push(`${name}: ${why!.message}`);
  throw new PapyraError(
    failure!.code,
    `${basename(run.set.path)}: not done: ${names}; ${failure!.message}`,
    { hint: failure!.hint ?? 'what was done stays done; run again', cause: failure, report },
  );
}
