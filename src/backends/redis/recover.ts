// Plans and executes the deletion of the corrupted entries of a store.
import type { PapyraError } from '../../errors/errors.js';
import type { RecoveryPlan, RecoveryRequest } from '../backend.js';
import { deleteCorrupted, type Deletion } from './delete-corrupted.js';
import { entriesProgress } from './entries-progress.js';
import { nothingThere } from './names.js';
import { pendingWarnings } from './pending.js';
import { Quarantine } from './quarantine.js';
import { readStreams, sumOf, type Readings, type StreamReading } from './read-streams.js';
import { concludedRecovery, recoveryReport, tooMuch, type StreamEnd } from './recovery-report.js';
import { perNode, wordedFailure } from './run.js';
import type { Session } from './session.js';
import { readState } from './stream.js';

/**
 * Ids of corrupted entries that a plan keeps, over all streams: some megabytes. Of what is beyond, the streams are read
 * again.
 */
const REMEMBERED = 50_000;

/** Streams of one master at a time. */
const RECOVERIES_PER_NODE = 1;

/** Reads all streams; what the report says goes when the plan is executed. */
export async function planRecovery(
  session: Session,
  target: string,
  request: RecoveryRequest,
): Promise<RecoveryPlan> {
  const startedAt = Date.now();
  const { mode, dryRun, limit, maxDrop } = request;
  const readings = await readStreams(session, request, REMEMBERED);
  const warnings = await lookAround(session, readings, request);
  if (readings.streams.length + readings.unread.length === 0) warnings.push(nothingThere(target));
  const head = { target, mode, limit, startedAt, warnings };
  const refusal = tooMuch(target, readings.streams, maxDrop);
  if (refusal && !dryRun) throw refusal;
  const report = recoveryReport(head, readings.streams.map(planned));
  return {
    report: dryRun ? concludedRecovery(report, readings) : report,
    refusal,
    execute: async () => {
      const done = await execute(session, readings, request);
      const report = recoveryReport(head, done);
      report.status = report.records.removed_lines === 0 ? 'clean' : 'recovered';
      return concludedRecovery(report, readings);
    },
    close: () => Promise.resolve(),
  };
}

/** What else there is to know before anything goes: a stream of which it cannot be known fails, and stays as it is. */
async function lookAround(
  session: Session,
  { streams }: Readings,
  { mode, quarantineDir }: RecoveryRequest,
): Promise<string[]> {
  const warnings: string[] = [];
  if (mode === 'quarantine' && quarantineDir !== undefined) {
    warnings.push(`${quarantineDir} is not used: what is removed goes to streams of Redis`);
  }
  for (const stream of streams) {
    if (stream.failure || stream.anomalies.total === 0) continue;
    try {
      if (mode === 'quarantine') await Quarantine.of(session, stream);
      warnings.push(...(await pendingWarnings(session, stream)));
    } catch (error) {
      stream.failure = wordedFailure(error, session);
    }
  }
  return warnings;
}

/** What will have become of a stream. */
function planned(reading: StreamReading): StreamEnd {
  const { anomalies, anomalousBytes, state, failure } = reading;
  const goes = failure === undefined;
  return {
    reading,
    done: goes ? anomalies.total : 0,
    through: goes ? state.last : undefined,
    removed: goes ? anomalies.total : 0,
    bytesRemoved: goes ? anomalousBytes : 0,
    appended: 0,
  };
}

async function execute(
  session: Session,
  { streams }: Readings,
  request: RecoveryRequest,
): Promise<StreamEnd[]> {
  const limit = perNode(RECOVERIES_PER_NODE);
  const onDone = entriesProgress(
    'trim',
    sumOf(streams, ({ anomalies }) => anomalies.total),
    request,
  );
  return Promise.all(
    streams.map(async (reading): Promise<StreamEnd> => {
      if (reading.failure || reading.anomalies.total === 0) return { ...planned(reading), appended: reading.failure ? null : 0 }; // prettier-ignore
      return limit(reading.node, async () => {
        const deletion = await recoverStream(session, reading, request, onDone);
        reading.failure = deletion.failure;
        return { ...deletion, reading, appended: await appendedTo(session, reading) };
      });
    }),
  );
}

async function recoverStream(
  session: Session,
  reading: StreamReading,
  { mode, signal }: RecoveryRequest,
  onDone: (entries: number) => void,
): Promise<Deletion> {
  try {
    const quarantine = mode === 'quarantine' ? await Quarantine.of(session, reading) : undefined;
    return await deleteCorrupted(session, reading, { quarantine, signal, onDone });
  } catch (error) {
    const failure: PapyraError = wordedFailure(error, session);
    return { done: 0, through: undefined, removed: 0, bytesRemoved: 0, failure };
  }
}

/** Entries that arrived since the plan was made; null: not known. */
async function appendedTo(session: Session, reading: StreamReading): Promise<number | null> {
  const { state, failure } = reading;
  if (failure || state.added === null) return null;
  const now = await readState(session, reading).catch(() => null);
  return now?.added == null ? null : Math.max(0, now.added - state.added);
}
