import { closeSync, type Stats } from 'node:fs';
import { basename } from 'node:path';
import { takeLock, type Lock } from '../../files/lock.js';
import { namesFor, type LogNames } from '../../files/names.js';
import { chunks, type OpenFile } from '../../files/read.js';
import { findLeftovers, recover } from '../../files/recover.js';
import { replaceLog, type Replaced } from '../../files/replace.js';
import {
  assertReplaceable,
  assertRoom,
  assertRuntimeIsNotRewriting,
  hardLinkWarning,
} from '../../files/surroundings.js';
import { pace, type Tick } from '../../pace.js';
import { isRecord } from '../../records/is-record.js';
import { survey, type Survey } from '../../records/survey.js';
import type { CompactionReport } from '../../report.js';
import { standing } from '../../retention/policy.js';
import type { Plan, PlanRequest, Progress } from '../backend.js';
import { findCut, type Cut } from '../log/cut.js';
import { FUTURE_SECONDS, outcomeOf, type Outcome } from '../log/outcome.js';
import { assertAcceptable, dryRunReport } from '../log/report.js';
import { survivors } from '../log/survivors.js';
import { openLog } from './open.js';

type OpenLog = OpenFile & { stat: Stats };

/** What is known of a log before anything is done to it. */
interface Decision {
  log: OpenLog;
  names: LogNames;
  seen: Survey;
  cut: Cut;
  outcome: Outcome;
  /** What was cleaned up, or would be, and what else the operator should know. */
  notices: string[];
}

/** A callback for each phase; see pace.ts. */
type Phases = (phase?: Progress['phase'], total?: number) => Tick;

/** Plans the compaction of one log at its real path. */
export async function planLog(path: string, request: PlanRequest): Promise<Plan> {
  const startedAt = Date.now();
  const names = namesFor(path);
  const phases = phasesOf(request);
  let lock: Lock | undefined;
  let log: OpenLog | undefined;
  const close = () => {
    if (log) closeSync(log.fd);
    lock?.release();
    log = lock = undefined;
  };
  try {
    log = openLog(path);
    const notices: string[] = [];
    if (request.dryRun) {
      notices.push(...leftoverWarning(names));
    } else {
      lock = await takeLock({
        path: names.lock,
        target: path,
        owner: log.stat,
        waitMs: request.lockWaitMs,
        signal: request.signal,
      });
      notices.push(...assertRuntimeIsNotRewriting(names));
      notices.push(...(await recover({ names, isRecord, ...request })));
      // The run that held the lock until now, or was killed, may have replaced the log.
      closeSync(log.fd);
      log = undefined;
      log = openLog(path);
    }
    const decision = await decide(log, names, request, phases, notices);
    const { rules } = request;
    const task = { backend: 'json', target: path, startedAt, size: log.stat.size, rules };
    const report = dryRunReport(task, basename(path), decision.seen, decision.outcome);
    report.warnings.push(...notices);
    return { report, execute: () => execute(decision, report, request, phases), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function decide(
  log: OpenLog,
  names: LogNames,
  request: PlanRequest,
  phases: Phases,
  notices: string[],
): Promise<Decision> {
  const { rules } = request;
  const { size } = log.stat;
  const seen = await survey(chunks(log, 0, size, phases('scan', size)), {
    from: 0,
    standing: (kind, timestamp) => standing(kind, timestamp, rules),
    horizon: rules.now + FUTURE_SECONDS,
  });
  const cut = await findCut(log, seen.blocks, rules, phases());
  const outcome = outcomeOf(seen, cut);
  assertAcceptable(names.log, seen, outcome, rules, request.allowEmpty);
  if (outcome.worthIt) notices.push(...hardLinkWarning(names.log, log.stat));
  return { log, names, seen, cut, outcome, notices };
}

/** Does what the report of the dry run says. */
async function execute(
  decision: Decision,
  report: CompactionReport,
  request: PlanRequest,
  phases: Phases,
): Promise<CompactionReport> {
  const startedAt = Date.parse(report.started_at);
  const ended = () => ({ duration_ms: Date.now() - startedAt });
  if (!decision.outcome.worthIt) return { ...report, ...ended(), status: 'nothing_to_do' };
  const { appended, kept } = await rewrite(decision, request, phases);
  return {
    ...report,
    ...ended(),
    status: 'compacted',
    records: { ...report.records, appended: appended.records },
    bytes: { ...report.bytes, appended: appended.bytes },
    warnings: [...report.warnings, ...(kept ? [keptWarning(kept)] : [])],
  };
}

async function rewrite(
  { log, names, seen, cut, outcome }: Decision,
  { rules, offline, signal }: PlanRequest,
  phases: Phases,
): Promise<Replaced> {
  const after = log.stat.size - outcome.bytesGoing;
  assertReplaceable(names, offline);
  assertRoom(names, after);
  return replaceLog({
    log,
    stat: log.stat,
    names,
    planned: seen.end,
    runs: survivors(log, seen.blocks, cut.records, rules, phases()),
    onRead: phases(),
    onWrite: phases('write', outcome.bytesKept),
    offline,
    isRecord,
    signal,
  });
}

function keptWarning({ path, look }: NonNullable<Replaced['kept']>): string {
  const why =
    look.who === 'unknown'
      ? `it cannot be seen who writes to it (${look.why})`
      : 'a process still has it open for writing';
  return `the old file is kept as ${basename(path)} until the next run: ${why}; its space is free then, or with --offline when nothing is writing`;
}

function leftoverWarning(names: LogNames): string[] {
  const { recovery } = findLeftovers(names);
  return recovery === 'clean'
    ? []
    : ['an earlier run was killed and left files beside the log; the next run cleans up'];
}

function phasesOf({ signal, limitRate, onProgress }: PlanRequest): Phases {
  const paced = pace({ signal, limitRate });
  return (phase, total = 0) => {
    if (phase === undefined) return paced();
    let done = 0;
    return paced((bytes) => {
      done += bytes;
      onProgress?.({ phase, done, total });
    });
  };
}
