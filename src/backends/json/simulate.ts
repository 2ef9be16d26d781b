// Simulates limits on a log that is one file: reads its index where there is one, else all of it.
import { closeSync } from 'node:fs';
import { holdNames, type LogNames } from '../../files/names.js';
import { TailSample } from '../../files/tail-sample.js';
import { blankBlock, statusesOf } from '../../log/block.js';
import { notThereYet } from '../../log/check.js';
import { loadIndex } from '../../log/index-file.js';
import { openLog, type OpenLog } from '../../log/open.js';
import { phasesOf } from '../../log/phases.js';
import { fillersOf } from '../../log/plan-head.js';
import { readAround, secondThread } from '../../log/scan.js';
import { budgetAfter, simulateLog, simulationOf } from '../../log/simulate.js';
import { FUTURE_SECONDS } from '../../log/totals.js';
import { LineReader } from '../../records/line-reader.js';
import { blankSimulation, type StoreSimulation } from '../../report/simulation.js';
import { ageCutoff } from '../../retention/policy.js';
import type { SimulateRequest } from '../backend.js';

/** `real`: the real path of the log; null: the runtime has not created it yet. */
export async function simulateJson(
  path: string,
  real: string | null,
  request: SimulateRequest,
): Promise<StoreSimulation> {
  if (real === null) return blankSimulation('scan', [notThereYet(path)]);
  const { names, release } = holdNames(real);
  try {
    const log = openLog(real, names.entry);
    try {
      return await simulateFile(log, names, request);
    } finally {
      closeSync(log.fd);
    }
  } finally {
    release();
  }
}

async function simulateFile(
  log: OpenLog,
  names: LogNames,
  request: SimulateRequest,
): Promise<StoreSimulation> {
  const { rules, candidatesFor } = request;
  const { size } = log.stat;
  const from = fillersOf(log);
  const before = new TailSample(log, size);
  const instants = { cutoff: ageCutoff(rules), horizon: rules.now + FUTURE_SECONDS };
  const reader = new LineReader(instants);
  const known = loadIndex(names, log);
  const indexed = known.reduce((sum, { start, end }) => sum + end - start, 0);
  const phases = phasesOf(request);
  let read = 0;
  const counting = (tick: (bytes: number) => Promise<void> | undefined) => (bytes: number) => {
    read += bytes;
    return tick(bytes);
  };
  const tick = counting(phases('scan', size - from - indexed));
  const thread = indexed > 0 ? undefined : await secondThread(size);
  try {
    const task = {
      file: log,
      from,
      to: size,
      reader,
      instants,
      tick,
      thread,
    };
    const sums = await readAround(task, known);
    await thread?.stop();
    const fillers = from > 0 ? [blankBlock(from, statusesOf(rules)).sums] : [];
    const fromIndex = new Set(known);
    const found = await simulateLog({
      files: [{ file: log, size, sums: [...fillers, ...sums], rotated: false }],
      rules,
      isScanned: (one) => !fromIndex.has(one),
      candidatesFor,
      budget: budgetAfter(read),
      reader,
      tick: counting(phases()),
    });
    before.assertUnchanged();
    const source = sums.some((one) => fromIndex.has(one)) ? 'index' : 'scan';
    return simulationOf(found, { source, bytes: size, bytes_read: read, warnings: [] });
  } finally {
    await thread?.stop();
  }
}
