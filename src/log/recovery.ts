// Turns the plan of a compaction that drops damaged lines into a recovery, and its report.
import { basename } from 'node:path';
import type { Plan, RecoveryPlan, RecoveryRequest, PlanRequest } from '../backends/backend.js';
import { PapyraError } from '../errors/errors.js';
import { AnomalyList, type Anomaly } from '../report/anomalies.js';
import type { CompactionReport } from '../report/report.js';
import type { RecoveryPart, RecoveryReport } from '../report/recovery.js';
import { describe } from './excerpt.js';
import { foreignWarning, isNoLog, type Foreign } from './foreign/form.js';
import { damagedLines, type Damaged } from './quarantine.js';
import { warningsOf } from './report.js';
import { NO_RULES, UNENDED } from './scan-file.js';
import { scanOf } from './scan.js';
import { corruptedLines, isOnlyTorn } from './torn-end.js';
import type { Totals } from './totals.js';

/** A file, what is wrong with it, and what becomes of it. */
export interface Mending extends Damaged {
  totals: Totals;
  foreign?: Foreign | undefined;
}

export interface Store {
  backend: string;
  target: string;
  /** Oldest first. */
  files: readonly Mending[];
  /** Other files that are anomalies. */
  neighbours: readonly Anomaly[];
  /** With quarantine: moves those that can be moved, and returns where they are now. */
  moveNeighbours?: () => Map<Anomaly, string>;
}

/** A recovery is a compaction in which nothing expires, damaged lines go, and blank lines stay. */
export function planRequestOf(request: RecoveryRequest): PlanRequest {
  const { mode, quarantineDir, dryRun, lockWaitMs, offline, limitRate, signal, onProgress } =
    request;
  return {
    rules: { ...NO_RULES, now: Date.now() / 1000, unreadable: 'drop', blank: 'keep' },
    recovery: { quarantine: mode === 'quarantine' ? quarantineDir : undefined },
    // What may go is for maxDrop to say.
    allowEmpty: true,
    inPlace: false,
    dryRun,
    lockWaitMs,
    offline,
    limitRate,
    signal,
    onProgress,
  };
}

/** @throws {PapyraError} `refused` when more would go than may; the plan is closed then. */
export async function recoveryPlan(
  plan: Plan,
  store: Store,
  request: RecoveryRequest,
): Promise<RecoveryPlan> {
  try {
    const found = await foundIn(store, request);
    const report = reportOf(store, request, found, plan.report);
    const refusal = noLog(store, request) ?? tooMuch(store, request) ?? plan.refusal;
    if (refusal && !request.dryRun) throw refusal;
    const execute = async (): Promise<RecoveryReport> => {
      try {
        return reportOf(store, request, found, await plan.execute(), store.moveNeighbours?.());
      } catch (error) {
        if (!(error instanceof PapyraError) || !error.report) throw error;
        const { code, message, hint, signal, report: done } = error;
        const recovery = reportOf(store, request, found, done);
        throw new PapyraError(code, message, { cause: error, recovery, ...(hint === undefined ? {} : { hint }), ...(signal ? { signal } : {}) }); // prettier-ignore
      }
    };
    return { report, refusal, execute, close: () => plan.close() };
  } catch (error) {
    await plan.close();
    throw error;
  }
}

async function foundIn(store: Store, { limit, signal }: RecoveryRequest): Promise<AnomalyList> {
  const found = new AnomalyList(limit);
  for (const file of store.files) {
    const { log, path, torn, totals } = file;
    const place = { file: path, stream: null, id: null };
    const left = { CORRUPTED_LINE: corruptedLines(totals, torn), TRUNCATED_LINE: torn ? 1 : 0 };
    for await (const { kind, line, start, end } of damagedLines(file, () => undefined)) {
      // The plan has counted all of them: only those that are listed have to be found.
      if (signal?.aborted || !found.hasRoom) break;
      found.add({ ...place, kind, line, offset: start, bytes: end - start, ...describe(log, { start, end }, kind) }); // prettier-ignore
      left[kind] -= 1;
    }
    if (torn?.isRecord && found.hasRoom) {
      const { start, end } = torn;
      const { excerpt } = describe(log, torn);
      found.add({ ...place, kind: 'TRUNCATED_LINE', line: null, offset: start, bytes: end - start, detail: UNENDED, excerpt }); // prettier-ignore
      left.TRUNCATED_LINE = 0;
    }
    for (const kind of ['CORRUPTED_LINE', 'TRUNCATED_LINE'] as const) found.count(kind, left[kind]);
  }
  for (const neighbour of store.neighbours) found.add(neighbour);
  return found;
}

/** The lines of a tar may be records, so that little of it would go; yet nothing of it is damaged. */
function noLog({ files }: Store, { maxDrop }: RecoveryRequest): PapyraError | undefined {
  for (const { path, totals, foreign } of files) {
    if (!totals.anythingGoes || !foreign || !isNoLog(foreign) || maxDrop === 1) continue;
    return new PapyraError(
      'refused',
      `${path} ${foreign.looks}: a recovery would remove what is not damaged`,
      { hint: `${foreign.remedy}; if it is right, add --max-drop 100%` },
    );
  }
  return undefined;
}

/** More than that is more likely another kind of file than a damaged log. */
function tooMuch({ target, files }: Store, { maxDrop }: RecoveryRequest): PapyraError | undefined {
  const size = files.reduce((sum, { log }) => sum + log.stat.size, 0);
  const going = files.reduce((sum, file) => sum + damageOf(file), 0);
  if (going <= size * maxDrop) return undefined;
  const share = ((100 * going) / size).toFixed(1);
  const odd = files.find(({ foreign }) => foreign);
  const advice = odd?.foreign
    ? foreignWarning(basename(odd.path), odd.foreign)
    : 'look at it with papyra persistence scan: it may be no log';
  return new PapyraError(
    'refused',
    `${going} of ${size} bytes of ${target} would go (${share}%), more than --max-drop allows (${100 * maxDrop}%)`,
    { hint: `${advice}; if it is right, add --max-drop 100%` }, // prettier-ignore
  );
}

/** One truncated end is what any crash leaves, also of a small log; without a record before it, it is not. */
function damageOf({ totals, torn, seen }: Mending): number {
  const hasRecords = seen.blocks.some(({ sums }) => sums.lines.live + sums.lines.undated > 0);
  const isCrash = torn !== undefined && !torn.isRecord && hasRecords;
  return totals.bytesGoing - (isCrash ? torn.end - torn.start : 0);
}

const STATUSES: Partial<Record<CompactionReport['status'], RecoveryReport['status']>> = {
  compacted: 'recovered',
  nothing_to_do: 'clean',
  dry_run: 'dry_run',
  stopped: 'stopped',
  partial: 'partial',
};

function reportOf(
  { backend, target, files, neighbours }: Store,
  { mode, limit, dryRun }: RecoveryRequest,
  found: AnomalyList,
  compaction: CompactionReport,
  moved: ReadonlyMap<Anomaly, string> = new Map(),
): RecoveryReport {
  const remaining = new AnomalyList(limit);
  const willMove = (one: Anomaly) => mode === 'quarantine' && one.kind === 'ORPHANED_ROTATED_FILE';
  for (const one of neighbours) if (dryRun ? !willMove(one) : !moved.has(one)) remaining.add(one);
  const parts: RecoveryPart[] = files.map((file, at) => {
    const failed = !dryRun && compaction.parts[at]?.action === 'unchanged' && file.totals.anythingGoes; // prettier-ignore
    if (failed) {
      const { torn, totals } = file;
      if (torn) remaining.count('TRUNCATED_LINE', 1);
      remaining.count('CORRUPTED_LINE', corruptedLines(totals, torn));
    }
    return partOf(file, failed, dryRun);
  });
  for (const one of neighbours) {
    if (!(dryRun ? willMove(one) : moved.has(one))) continue;
    parts.push({ name: basename(one.file!), action: 'moved', removed: 0, bytes_removed: one.bytes ?? 0 }); // prettier-ignore
  }
  const { records, bytes, archive, status, started_at, duration_ms } = compaction;
  const merged = scanOf(files.flatMap(({ seen }) => seen.blocks), 0); // prettier-ignore
  // What compaction says of its own options is none of a recovery.
  const own = new Set(warningsOf(merged, { ...NO_RULES, unreadable: 'drop' }));
  const inWords = STATUSES[status] ?? 'clean';
  return {
    schema: 'papyra.recovery/v1',
    status: inWords === 'clean' && moved.size > 0 ? 'recovered' : inWords,
    mode,
    backend,
    target,
    started_at,
    duration_ms,
    records: {
      kept: merged.blocks.reduce((sum, { sums }) => sum + sums.lines.live + sums.lines.undated, 0),
      removed_lines: parts.reduce((sum, { removed }) => sum + removed, 0),
      appended: records.appended,
    },
    bytes: {
      before: bytes.before,
      removed: parts.reduce((sum, { action, bytes_removed }) => sum + (action === 'moved' ? 0 : bytes_removed), 0), // prettier-ignore
      appended: bytes.appended,
    },
    parts,
    quarantine: archive ?? [...moved.values()][0] ?? null,
    anomalies: { found, remaining },
    warnings: compaction.warnings.filter((warning) => !own.has(warning)),
  };
}

function partOf({ path, totals, torn }: Mending, failed: boolean, dryRun: boolean): RecoveryPart {
  const name = basename(path);
  if (failed || !totals.anythingGoes)
    return { name, action: 'unchanged', removed: 0, bytes_removed: 0 };
  const { discarded, bytesGoing } = totals;
  const inPlace = torn?.isRecord ? 'terminated' : 'cut';
  const isInPlace = dryRun ? isOnlyTorn(totals, torn) : torn?.isMended === true;
  return { name, action: isInPlace ? inPlace : 'rewritten', removed: discarded, bytes_removed: bytesGoing }; // prettier-ignore
}
