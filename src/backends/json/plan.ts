import { closeSync } from 'node:fs';
import { basename } from 'node:path';
import { takeLock, type Lock } from '../../files/lock.js';
import { namesFor } from '../../files/names.js';
import { chunks } from '../../files/read.js';
import { replaceLog } from '../../files/replace.js';
import { pace } from '../../pace.js';
import { survey } from '../../records/survey.js';
import type { CompactionReport } from '../../report.js';
import { standing } from '../../retention/policy.js';
import type { Plan, PlanRequest, Progress } from '../backend.js';
import { findCut } from '../log/cut.js';
import { assertAcceptable, dryRunReport, FUTURE_SECONDS, outcomeOf } from '../log/outcome.js';
import { survivors } from '../log/survivors.js';
import { openLog } from './open.js';

/** Plans the compaction of one log at its real path. */
export async function planLog(path: string, request: PlanRequest): Promise<Plan> {
  const startedAt = Date.now();
  const names = namesFor(path);
  let lock: Lock | undefined;
  let log: ReturnType<typeof openLog> | undefined;
  const close = () => {
    if (log) closeSync(log.fd);
    lock?.release();
    log = lock = undefined;
  };
  try {
    const looked = openLog(path);
    log = looked;
    if (!request.dryRun) {
      lock = await takeLock({
        path: names.lock,
        target: path,
        owner: looked.stat,
        waitMs: request.lockWaitMs,
        signal: request.signal,
      });
      // The run that held the lock until now may have replaced the log.
      closeSync(looked.fd);
      log = undefined;
      log = openLog(path);
    }
    return await decide(log, startedAt, names, request, close);
  } catch (error) {
    close();
    throw error;
  }
}

async function decide(
  log: ReturnType<typeof openLog>,
  startedAt: number,
  names: ReturnType<typeof namesFor>,
  request: PlanRequest,
  close: () => void,
): Promise<Plan> {
  const { rules, signal } = request;
  const size = log.stat.size;
  const scanning = ticker(request, 'scan', size);
  const seen = await survey(chunks(log, 0, size, scanning), {
    from: 0,
    standing: (kind, timestamp) => standing(kind, timestamp, rules),
    horizon: rules.now + FUTURE_SECONDS,
  });
  const cut = await findCut(
    log,
    seen.blocks,
    rules,
    pace(signal, () => {}),
  );
  const outcome = outcomeOf(seen, cut);
  assertAcceptable(names.log, seen, outcome, rules, request.allowEmpty);
  const task = { backend: 'json', target: names.log, startedAt, size, rules };
  const report = dryRunReport(task, basename(names.log), seen, outcome);

  const execute = async (): Promise<CompactionReport> => {
    const done = { ...report, duration_ms: 0 };
    if (!outcome.worthIt) {
      return { ...done, status: 'nothing_to_do', duration_ms: Date.now() - startedAt };
    }
    const writing = ticker(request, 'write', outcome.bytesKept);
    const { appended } = await replaceLog({
      log,
      stat: log.stat,
      names,
      planned: seen.end,
      runs: survivors(
        log,
        seen.blocks,
        cut.records,
        rules,
        pace(signal, () => {}),
      ),
      tick: writing,
    });
    return {
      ...done,
      status: 'compacted',
      duration_ms: Date.now() - startedAt,
      records: { ...report.records, appended: appended.records },
      bytes: { ...report.bytes, appended: appended.bytes },
    };
  };
  return { report: { ...report, duration_ms: Date.now() - startedAt }, execute, close };
}

function ticker(request: PlanRequest, phase: Progress['phase'], total: number) {
  let done = 0;
  return pace(request.signal, (bytes) => {
    done += bytes;
    request.onProgress?.({ phase, done, total });
  });
}
