import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import { writeArchive } from '../../files/archive.js';
import { replaceLog, type Replaced } from '../../files/replace.js';
import { assertReplaceable, assertRoom } from '../../files/surroundings.js';
import { isRecord } from '../../records/is-record.js';
import { LineScanner } from '../../records/scanner.js';
import type { CompactionReport } from '../../report.js';
import type { PlanRequest } from '../backend.js';
import { select } from '../log/select.js';
import { removeInPlace } from './in-place.js';
import type { Phases } from './phases.js';
import type { Decision } from './decision.js';

/** Does what the report of the dry run says. `lock`: the descriptor that holds it. */
export async function execute(
  decision: Decision,
  report: CompactionReport,
  request: PlanRequest,
  phases: Phases,
  lock: number,
): Promise<CompactionReport> {
  const startedAt = Date.parse(report.started_at);
  if (!decision.outcome.worthIt) {
    return { ...report, status: 'nothing_to_do', duration_ms: Date.now() - startedAt };
  }
  // Whatever would refuse the work does so before anything is written.
  if (!decision.head) assertRewritable(decision, request);
  const archive = await archiveDropped(decision, request, phases);
  const { appended, kept } = decision.head
    ? await collapse(decision, lock, phases)
    : await rewrite(decision, request, phases);
  return {
    ...report,
    status: 'compacted',
    duration_ms: Date.now() - startedAt,
    records: { ...report.records, appended: appended.records },
    bytes: { ...report.bytes, appended: appended.bytes },
    archive,
    warnings: [...report.warnings, ...(kept ? [keptWarning(kept)] : [])],
  };
}

function sizeAfter({ log, outcome }: Decision): number {
  return log.stat.size - outcome.bytesGoing;
}

function assertRewritable(decision: Decision, { offline }: PlanRequest): void {
  assertReplaceable(decision.names, offline);
  assertRoom(decision.names, sizeAfter(decision));
}

function rewrite(decision: Decision, request: PlanRequest, phases: Phases): Promise<Replaced> {
  const { log, names, seen, cut, outcome } = decision;
  const { rules, offline, signal } = request;
  const selection = { file: log, blocks: seen.blocks, cut: cut.records, rules, tick: phases() };
  return replaceLog({
    log,
    stat: log.stat,
    names,
    planned: seen.end,
    runs: select('staying', selection),
    size: sizeAfter(decision),
    onRead: phases(),
    onWrite: phases('write', outcome.bytesKept),
    offline,
    isRecord,
    signal,
  });
}

async function collapse(decision: Decision, lock: number, phases: Phases): Promise<Replaced> {
  const { log, outcome } = decision;
  await removeInPlace(decision, lock, phases);
  const grown = fstatSync(log.fd).size + outcome.bytesGoing - log.stat.size;
  return { appended: { records: 0, bytes: Math.max(0, grown) } };
}

async function archiveDropped(
  { log, seen, cut, head }: Decision,
  { rules, archive }: PlanRequest,
  phases: Phases,
): Promise<string | null> {
  if (archive === undefined) return null;
  const blocks = head ? seen.blocks.filter(({ start }) => start < head.keep) : seen.blocks;
  const going = select('going', { file: log, blocks, cut: cut.records, rules, tick: phases() });
  return writeArchive({
    directory: archive,
    log,
    owner: log.stat,
    runs: head ? before(going, head.keep) : going,
    watch: timeRange(),
    tick: phases(),
  });
}

type Runs = readonly { start: number; end: number }[];

/** With --in-place only the head goes. */
async function* before(batches: AsyncIterable<Runs>, end: number): AsyncGenerator<Runs> {
  for await (const batch of batches) yield batch.filter((run) => run.start < end);
}

function timeRange() {
  const range = { oldest: NaN, newest: NaN };
  const scanner = new LineScanner((kind, _start, _end, timestamp) => {
    if (kind !== 'record') return;
    if (!(timestamp >= range.oldest)) range.oldest = timestamp;
    if (!(timestamp <= range.newest)) range.newest = timestamp;
  });
  return { push: (bytes: Uint8Array) => scanner.push(bytes), range: () => range };
}

function keptWarning({ path, look }: NonNullable<Replaced['kept']>): string {
  const why =
    look.who === 'unknown'
      ? `it cannot be seen who writes to it (${look.why})`
      : 'a process still has it open for writing';
  return `the old file is kept as ${basename(path)} until the next run: ${why}; its space is free then, or with --offline when nothing is writing`;
}
