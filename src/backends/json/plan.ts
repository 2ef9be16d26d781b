// Plans the compaction of one log: opens and locks it, finishes what a killed run left, scans it and decides.
import { close as closeFile, closeSync, existsSync, fstatSync, lstatSync } from 'node:fs';
import { promisify } from 'node:util';
import { basename } from 'node:path';
import { mustMeasure } from '../../files/clone.js';
import { lockLog, takeLock, type Lock } from '../../files/lock.js';
import { ownFolderPath } from '../../files/own-folder.js';
import { holdNames, type LogNames } from '../../files/names.js';
import { assertOneWay } from '../../files/obstacles.js';
import { assertNoForeignLink, assertOwner, ownerOfCompanions } from '../../files/ownership.js';
import { findLeftovers, recover } from '../../files/recover.js';
import { spaceGoing } from '../../files/space.js';
import { assertRuntimeIsNotRewriting, hardLinkWarning } from '../../files/surroundings.js';
import { TailSample } from '../../files/tail-sample.js';
import { isRecord } from '../../records/is-record.js';
import { LineReader } from '../../records/line-reader.js';
import type { Sums } from '../../records/sums.js';
import { ageCutoff, cutBy, type RetentionRules } from '../../retention/policy.js';
import type { Plan, PlanRequest } from '../backend.js';
import { findCuts, liveIn } from '../../log/cut.js';
import { cloneFor, methodOf, withFiller } from '../../log/plan-clone.js';
import { fillersOf, planHead } from '../../log/plan-head.js';
import { FUTURE_SECONDS, totalsOf } from '../../log/totals.js';
import { foreignIn } from '../../log/foreign/suspect.js';
import { assertAcceptable, dryRunReport, named } from '../../log/report.js';
import { withTornEnd, withTornTotals } from '../../log/torn-end.js';
import { timesOf } from '../../log/times.js';
import { slowerWarning } from '../../log/slower.js';
import type { SecondThread } from '../../log/scan-threads.js';
import { plural } from '../../units/units.js';
import { keepIndex, WORTH_AN_INDEX } from './update-index.js';
import {
  endIsEnough,
  secondThread,
  scanLog,
  scanEnd,
  type LogScan,
  type ScanTask,
} from '../../log/scan.js';
import { execute, refusalOf } from './execute.js';
import { decideFreeing } from './free.js';
import { openLog, type OpenLog } from '../../log/open.js';
import { freeingOf, isFreeing } from '../freeing.js';
import { phasesOf, type Phases } from '../../log/phases.js';
import type { Decision } from './decision.js';

const closed = promisify(closeFile);

/** `path`: the real path of the log. */
export async function planLog(
  path: string,
  request: PlanRequest,
): Promise<Plan & { decision: Decision }> {
  const startedAt = Date.now();
  const { names, release } = holdNames(path);
  const phases = phasesOf(request);
  let lock: Lock | undefined;
  let log: OpenLog | undefined;
  let thread: SecondThread | undefined;
  const closeLog = async () => {
    const open = log;
    log = undefined;
    await thread?.stop();
    // Not synchronously: freeing the space of hundreds of megabytes takes a while.
    if (open) await closed(open.fd);
  };
  const close = async () => {
    await closeLog();
    lock?.release();
    lock = undefined;
    release();
  };
  try {
    log = openLog(path, names.entry);
    assertNoForeignLink(log, names.directory);
    // A second thread is no use where the speed is limited, or where an index leaves little to read.
    const alone =
      request.limitRate !== undefined ||
      request.rules.free !== undefined ||
      existsSync(`${ownFolderPath(names)}/${basename(path)}.index`);
    thread = alone ? undefined : await secondThread(log.stat.size);
    const notices: string[] = [];
    if (request.dryRun) {
      notices.push(...leftoverWarning(names));
    } else {
      assertOwner(path, log.stat);
      const patience = { waitMs: request.lockWaitMs, signal: request.signal };
      lock = await takeLock({
        path: names.lock,
        target: path,
        owner: ownerOfCompanions(log),
        ...patience,
      });
      // The run that held the lock until now may have replaced the log.
      closeSync(log.fd);
      log = undefined;
      log = openLog(path, names.entry, { forWork: true });
      assertOwner(path, log.stat);
      assertNoForeignLink(log, names.directory);
      const outsider = await lockLog(log, log.stat, patience);
      if (outsider)
        assertOneWay(log, `pid ${outsider.pid} (${outsider.command}) holds a lock on it`);
      notices.push(...assertRuntimeIsNotRewriting(names));
      notices.push(...(await recover({ names, isRecord, tick: phases(), ...request })));
      if (hasIntent(names)) {
        const { repairInPlace } = await import('../../log/in-place.js');
        notices.push(...(await repairInPlace(names, log, phases)));
      }
      log.stat = fstatSync(log.fd);
    }
    const decided = isFreeing(request)
      ? await decideFreeing(log, names, request, phases, request.dryRun ? [] : await knownBlocks(names, log)) // prettier-ignore
      : await decide(log, names, request, phases, thread);
    const decision: Decision = { ...decided, closeLog };
    const { rules } = request;
    const task = { backend: 'json', target: path, startedAt, size: log.stat.size, rules };
    const { seen, totals, foreign } = decision;
    const method = methodOf({ ...decision, action: totals.action });
    const report = dryRunReport(task, basename(path), seen, totals, foreign, method);
    const isMeasured = decision.clone !== undefined && mustMeasure(names.directory);
    report.bytes.reclaimed_on_disk = isMeasured
      ? null
      : spaceGoing(names.directory, log.stat, totals.bytesGoing);
    if (decision.freeing) report.freeing = freeingOf(rules.free!, decision.freeing.way);
    report.warnings.push(...notices, ...warningsOf(decision));
    const refusal = request.dryRun ? await refusalOf(decision, request) : undefined;
    const file = { log, seen };
    return {
      report,
      refusal,
      decision,
      times: (near) => timesOf([file], rules, near, phases()),
      execute: () => execute(decision, report, request, phases),
      hold: async () => {
        if (!request.dryRun) await keepIndex(decision);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function decide(
  log: OpenLog,
  names: LogNames,
  request: PlanRequest,
  phases: Phases,
  thread: SecondThread | undefined,
): Promise<Omit<Decision, 'closeLog'>> {
  const { rules } = request;
  const { size } = log.stat;
  const from = fillersOf(log);
  const before = new TailSample(log, size);
  const instants = { cutoff: ageCutoff(rules), horizon: rules.now + FUTURE_SECONDS };
  const reader = new LineReader(instants);
  const tick = phases('scan', size - from);
  const task = { file: log, from, to: size, reader, instants, tick, thread };
  const read = await look(task, rules, () => (request.recovery ? [] : knownBlocks(names, log)));
  const { seen, torn } = request.recovery ? await withTornEnd(log, read, rules, request.signal) : { seen: read }; // prettier-ignore
  const [cut] = await findCuts([{ file: log, blocks: seen.blocks }], rules, phases());
  const totals = withTornTotals(totalsOf(seen, cut!), torn);
  const foreign = await foreignIn(log, seen, totals.scanned);
  const whole = { log, names, reader, thread, seen, cut: cut!, totals, torn, foreign };
  const head = request.inPlace ? await planHead(whole, names, rules, phases()) : undefined;
  const clone = head ? undefined : cloneFor(names.directory, whole, request.recovery !== undefined);
  // A removal in place overwrites the head: only what stays can show that somebody truncated the log.
  const tailSample = new TailSample(log, seen.end, head?.head.keep);
  before.assertUnchanged();
  const decision = {
    ...whole,
    totals: withFiller(totals, clone),
    ...head,
    clone,
    tailSample,
  };
  const odd = named(basename(names.log), foreign);
  assertAcceptable(names.log, seen, decision.totals, rules, request.allowEmpty, odd);
  return decision;
}

/** Scans the log, with as little reading as possible. */
async function look(
  task: ScanTask,
  rules: RetentionRules,
  known: () => Promise<Sums[]> | Sums[],
): Promise<LogScan> {
  if (endIsEnough(rules)) return scanEnd(task, rules);
  const blocks = await known();
  const seen = await scanLog(task, rules, blocks);
  const all = liveIn(seen.blocks);
  const cutSomewhere = cutBy({ records: 0, bytes: 0 }, all, rules) !== null;
  // Where count or size cut, the numbers of an index would decide what goes: read everything instead.
  return blocks.length > 0 && cutSomewhere ? scanLog(task, rules, []) : seen;
}

async function knownBlocks(names: LogNames, log: OpenLog): Promise<Sums[]> {
  if (log.stat.size < WORTH_AN_INDEX) return [];
  const { loadIndex } = await import('../../log/index-file.js');
  return loadIndex(names, log);
}

/** Whether a removal in place was interrupted. */
function hasIntent(names: LogNames): boolean {
  return lstatSync(names.intent, { throwIfNoEntry: false }) !== undefined;
}

function warningsOf({ log, names, reader, totals, head }: Decision): string[] {
  const warnings = slowerWarning(reader);
  if (totals.action === 'rewritten') warnings.push(...hardLinkWarning(names.log, log.stat));
  if (head && totals.expiredLeft > 0) {
    const why =
      head.freed === 0
        ? 'the expired head is shorter than one block of the file system'
        : 'a line before them must stay';
    warnings.push(
      `${plural(totals.expiredLeft, 'expired record')} cannot go in place: ${why}; compact without --in-place when there is room`,
    );
  }
  return warnings;
}

function leftoverWarning(names: LogNames): string[] {
  const { recovery } = findLeftovers(names);
  return recovery === 'clean' && !hasIntent(names)
    ? []
    : ['an earlier run was killed and left files beside the log; the next run cleans up'];
}
