// Plans the compaction of a rotating set: opens and locks it, finishes what a killed run left, scans it and decides.
import { basename } from 'node:path';
import { monotonicMs } from '../../units/clock.js';
import { PapyraError } from '../../errors/errors.js';
import { fileId, type FileId } from '../../files/identity.js';
import { takeLock, type Lock } from '../../files/lock.js';
import { holdNames, type LogNames } from '../../files/names.js';
import {
  assertNoForeignLink,
  assertOwner,
  assertSameOwner,
  ownerOfCompanions,
} from '../../files/ownership.js';
import { passingFiles, recoverSet } from '../../files/recover.js';
import { assertRuntimeIsNotRewriting } from '../../files/surroundings.js';
import type { TornEnd } from '../../files/mend-tail.js';
import { TailSample } from '../../files/tail-sample.js';
import { isRecord } from '../../records/is-record.js';
import { LineReader } from '../../records/line-reader.js';
import { ageCutoff, lineStatus, type RetentionRules } from '../../retention/policy.js';
import type { Plan, PlanRequest } from '../backend.js';
import { freeingOf, isFreeing } from '../freeing.js';
import { blockOf, statusesOf } from '../../log/block.js';
import { findCuts, type Cut } from '../../log/cut.js';
import { eachLine } from '../../log/each-line.js';
import { FUTURE_SECONDS, totalsOf, untouched } from '../../log/totals.js';
import { phasesOf, type Phases } from '../../log/phases.js';
import { cloneFor, withFiller } from '../../log/plan-clone.js';
import { fillersOf, planHead } from '../../log/plan-head.js';
import { readAll } from '../../log/read-all.js';
import { foreignIn } from '../../log/foreign/suspect.js';
import { assertAcceptable } from '../../log/report.js';
import { withTornEnd, withTornTotals } from '../../log/torn-end.js';
import { timesOf } from '../../log/times.js';
import { slowerWarning } from '../../log/slower.js';
import type { SecondThread } from '../../log/scan-threads.js';
import { secondThread, scanLog, scanOf, type LogScan, type ScanTask } from '../../log/scan.js';
import type { SegmentPlan } from './decision.js';
import { executeSet } from './execute.js';
import { planFreeing } from './free.js';
import { refusalOf, type SetRun } from './parts.js';
import { emptyPlan, foreignOf, mergedScan, setReport, totalsOfAll } from './report.js';
import { repairSet } from './repair.js';
import {
  closeSet,
  checkNeighbours,
  notThere,
  openSet,
  type Segment,
  type SetOptions,
} from './set.js';

/** `named.path`: the real path of the active file. */
export async function planSet(
  named: SetOptions,
  request: PlanRequest,
): Promise<Plan & { plans: SegmentPlan[] }> {
  const startedAt = Date.now();
  const { names, release } = holdNames(named.path);
  const set = { ...named, path: names.entry };
  const phases = phasesOf(request);
  const { rules } = request;
  let lock: Lock | undefined;
  let segments: Segment[] = [];
  let thread: SecondThread | undefined;
  const close = async () => {
    await thread?.stop();
    closeSet(segments);
    segments = [];
    lock?.release();
    lock = undefined;
    release();
  };
  try {
    // A recovery names what does not belong to the set among its anomalies.
    const warnings = request.recovery ? [] : checkNeighbours(set);
    segments = openSet(set);
    assertOwn(segments, names, request.dryRun);
    if (segments.length === 0) {
      if (set.namedBy === 'path') throw notThere(set.path, set.namedBy);
      return { ...emptyPlan(named.path, request), plans: [], close };
    }
    if (request.dryRun) {
      if (passingFiles(names).length > 0) {
        warnings.push('an earlier run was killed and left files beside the set; the next run cleans up'); // prettier-ignore
      }
    } else {
      lock = await takeLock({
        path: names.lock,
        target: named.path,
        owner: ownerOfCompanions(segments[0]!.log),
        waitMs: request.lockWaitMs,
        signal: request.signal,
      });
      warnings.push(...assertRuntimeIsNotRewriting(names));
      const ids = new Set<FileId | undefined>(segments.map(({ log }) => fileId(log.fd)));
      const isInSet = (id: FileId | undefined) => ids.has(id);
      const recovery = { names, isRecord, isInSet, tick: phases(), ...request };
      warnings.push(...(await recoverSet(recovery)));
      // The run that held the lock until now may have replaced some files.
      closeSet(segments);
      segments = [];
      segments = openSet(set, { forWork: true });
      assertOwn(segments, names, request.dryRun);
      warnings.push(...(await repairSet(names, segments, phases)));
    }
    const active = segments.find(({ index }) => index === 0)?.log;
    const opened = { at: monotonicMs(), id: active && fileId(active.fd), size: active?.stat.size ?? 0 }; // prettier-ignore
    const largest = Math.max(...segments.map(({ log }) => log.stat.size));
    const isAlone = request.limitRate !== undefined || isFreeing(request);
    thread = isAlone ? undefined : await secondThread(largest);
    const instants = { cutoff: ageCutoff(rules), horizon: rules.now + FUTURE_SECONDS };
    const reader = new LineReader(instants);
    warnings.push(...slowerWarning(reader));
    const { plans, way } = isFreeing(request)
      ? await planFreeing(named.path, segments.toReversed(), names, request, reader, phases)
      : { plans: await planLimits(set, segments.toReversed(), names, request, { reader, instants, thread }, phases), way: undefined }; // prettier-ignore
    for (const { name, refusal } of plans)
      if (refusal) warnings.push(`${name}: ${refusal.message}`);
    const merged = mergedScan(plans);
    const odd = foreignOf(plans);
    assertAcceptable(set.path, merged, totalsOfAll(plans), rules, request.allowEmpty, odd);
    const freeing = way === undefined ? undefined : freeingOf(rules.free!, way);
    const task = { set, rules, startedAt, warnings, freeing };
    const report = setReport(task, plans, merged, new Map());
    const run = { names, request, phases, reader, thread, opened, ...task };
    const refusal = request.dryRun ? await firstRefusal(run, plans) : undefined;
    const files = plans.map(({ segment, seen }) => ({ log: segment.log, seen }));
    const times = (near: number) => timesOf(files, rules, near, phases());
    return { report, refusal, plans, times, execute: () => executeSet(run, plans, merged), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Scans all files, the oldest first, and decides by the limits what goes of each. */
async function planLimits(
  set: SetOptions,
  segments: readonly Segment[],
  names: LogNames,
  request: PlanRequest,
  how: Pick<ScanTask, 'reader' | 'instants' | 'thread'>,
  phases: Phases,
): Promise<SegmentPlan[]> {
  const { rules } = request;
  const total = segments.reduce((sum, { log }) => sum + log.stat.size, 0);
  const tick = phases('scan', total);
  const scans: { segment: Segment; seen: LogScan; torn?: TornEnd | undefined }[] = [];
  for (const segment of segments) {
    const task = { file: segment.log, ...how, tick };
    const seen = await scanSegment(segment, task, request);
    scans.push({
      segment,
      ...(request.recovery
        ? await withTornEnd(segment.log, seen, rules, request.signal)
        : { seen }),
    });
  }
  const parts = scans.map(({ segment, seen }) => ({ file: segment.log, blocks: seen.blocks }));
  const cuts = await findCuts(parts, rules, phases());
  const plans = scans.map((scan, at) => planSegment(scan, cuts[at]!, request));
  if (request.inPlace) await planInPlace(plans, names, rules, phases);
  for (const plan of plans) planClone(plan, names, request);
  for (const plan of plans) {
    if (!request.recovery) await explainPin(plan, set, rules, phases);
    plan.foreign = await foreignIn(plan.segment.log, plan.seen, plan.totals.scanned);
  }
  return plans;
}

/** The end of a rotated file ends its last line. The active file may end in the middle of one. */
export async function scanSegment(
  { log, index }: Segment,
  task: Omit<ScanTask, 'from' | 'to'>,
  { rules, recovery }: Pick<PlanRequest, 'rules' | 'recovery'>,
): Promise<LogScan> {
  const from = fillersOf(log);
  const { size } = log.stat;
  const before = new TailSample(log, size);
  const seen = await scanLog({ ...task, from, to: size }, rules, []);
  before.assertUnchanged();
  if (index === 0 || seen.end === size || recovery) return seen;
  const tail = await readAll({ ...task, from: seen.end, to: size });
  task.reader.finish((sums) => tail.push(sums));
  const standings = statusesOf(rules);
  return scanOf([...seen.blocks, ...tail.map((sums) => blockOf(sums, standings))], from);
}

function planSegment(
  { segment, seen, torn }: Pick<SegmentPlan, 'segment' | 'seen' | 'torn'>,
  cut: Cut,
  { recovery }: PlanRequest,
): SegmentPlan {
  const whole = withTornTotals(totalsOf(seen, cut), torn);
  const { log, index } = segment;
  // Also a file that holds only blank lines: it would stall rotation.
  const gone = !recovery && index > 0 && stayingLines(seen, cut) === 0;
  const totals = gone ? { ...whole, bytesGoing: log.stat.size, bytesKept: 0 } : whole;
  return {
    segment,
    name: basename(log.path),
    seen,
    cut,
    totals,
    action: gone ? 'removed' : totals.anythingGoes ? 'rewritten' : 'unchanged',
    tailSample: new TailSample(log, seen.end),
    torn,
  };
}

function stayingLines({ blocks }: LogScan, cut: Cut): number {
  return blocks.reduce((sum, { lines }) => sum + lines.pinned + lines.live, 0) - cut.records;
}

function planClone(plan: SegmentPlan, { directory }: LogNames, { recovery }: PlanRequest): void {
  if (plan.action !== 'rewritten') return;
  plan.clone = cloneFor(directory, plan, recovery !== undefined);
  plan.totals = withFiller(plan.totals, plan.clone);
}

/** Only the oldest file that is left and the active file can lose their heads in place. */
async function planInPlace(
  plans: readonly SegmentPlan[],
  names: LogNames,
  rules: RetentionRules,
  phases: Phases,
): Promise<void> {
  const oldest = plans.find(({ action }) => action !== 'removed');
  for (const plan of plans) {
    if (plan.action !== 'rewritten') continue;
    if (plan !== oldest && plan.segment.index !== 0) {
      leave(plan);
      continue;
    }
    const { log } = plan.segment;
    const own = { ...names, log: log.path };
    const planned = await planHead({ ...plan, log }, own, rules, phases()).catch(asRefusal);
    if (planned instanceof PapyraError) {
      plan.refusal = planned;
      leave(plan);
      continue;
    }
    const { totals, head } = planned;
    plan.totals = totals;
    plan.head = head;
    plan.action = totals.anythingGoes ? 'collapsed' : 'unchanged';
    plan.tailSample = new TailSample(log, plan.seen.end, head.keep);
  }
}

/**
 * Checks the owners each time the set is opened, because other files may have been put in it. All files must have one
 * owner, because one archive takes what goes of all. A dry run may look at files of another user.
 */
function assertOwn(segments: readonly Segment[], names: LogNames, looksOnly: boolean): void {
  for (const { log } of segments) {
    assertNoForeignLink(log, names.directory);
    if (!looksOnly) assertOwner(log.path, log.stat);
    assertSameOwner(log, segments[0]!.log.stat);
  }
}

/** Why a run could not do now what the dry run shows; undefined: it could. */
async function firstRefusal(
  run: SetRun,
  plans: readonly SegmentPlan[],
): Promise<PapyraError | undefined> {
  for (const plan of plans) {
    const refusal = await refusalOf(run, plan, true);
    if (refusal) return refusal;
  }
  return undefined;
}

function leave(plan: SegmentPlan): void {
  plan.totals = untouched(plan.totals);
  plan.action = 'unchanged';
}

function asRefusal(error: unknown): PapyraError {
  if (error instanceof PapyraError && error.code !== 'interrupted') return error;
  throw error;
}

/** Tells when only pinned lines are left of the oldest file: it would stall rotation for ever. */
async function explainPin(
  plan: SegmentPlan,
  { maxFiles }: SetOptions,
  rules: RetentionRules,
  phases: Phases,
): Promise<void> {
  const { segment, seen, cut } = plan;
  const pinned = seen.blocks.reduce((sum, { lines }) => sum + lines.pinned, 0);
  const isTop = segment.index > 0 && segment.index === maxFiles - 1;
  if (!isTop || pinned === 0 || stayingLines(seen, cut) > pinned) return;
  const block = seen.blocks.find(({ lines }) => lines.pinned > 0)!;
  let first: { at: number; kind: string } | undefined;
  await eachLine(segment.log, block, phases(), (kind, start, _end, timestamp) => {
    if (first === undefined && lineStatus(kind, timestamp, rules) === 'pinned') first = { at: start, kind }; // prettier-ignore
  });
  const { at, kind } = first!;
  const remedy =
    kind === 'unreadable'
      ? 'run papyra persistence recover, or add --unreadable drop'
      : 'add --undated drop';
  const others = pinned === 1 ? '' : ` and ${pinned - 1} more`;
  plan.pinnedBy = `an ${kind} line at byte ${at}${others}: ${remedy}`;
}
