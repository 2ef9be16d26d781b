// Simulates limits on a rotating set: reads all of its files.
import { holdNames } from '../../files/names.js';
import { notThereYet } from '../../log/check.js';
import { phasesOf } from '../../log/phases.js';
import { secondThread } from '../../log/scan.js';
import { budgetAfter, simulateLog, simulationOf, type SimulatedFile } from '../../log/simulate.js';
import { FUTURE_SECONDS } from '../../log/totals.js';
import { LineReader } from '../../records/line-reader.js';
import { blankSimulation, type StoreSimulation } from '../../report/simulation.js';
import { ageCutoff } from '../../retention/policy.js';
import type { SimulateRequest } from '../backend.js';
import { scanSegment } from './plan.js';
import {
  checkNeighbours,
  closeSet,
  notThere,
  openSet,
  type Segment,
  type SetOptions,
} from './set.js';

export async function simulateSet(
  named: SetOptions,
  request: SimulateRequest,
): Promise<StoreSimulation> {
  const { names, release } = holdNames(named.path);
  const set = { ...named, path: names.entry };
  let segments: Segment[] = [];
  try {
    const warnings = checkNeighbours(set);
    segments = openSet(set);
    if (segments.length === 0) {
      if (set.namedBy === 'path') throw notThere(set.path, set.namedBy);
      return blankSimulation('scan', [notThereYet(named.path)]);
    }
    return await simulateSegments(segments, warnings, request);
  } finally {
    closeSet(segments);
    release();
  }
}

async function simulateSegments(
  segments: readonly Segment[],
  warnings: string[],
  request: SimulateRequest,
): Promise<StoreSimulation> {
  const { rules, candidatesFor } = request;
  const bytes = segments.reduce((sum, { log }) => sum + log.stat.size, 0);
  const instants = { cutoff: ageCutoff(rules), horizon: rules.now + FUTURE_SECONDS };
  const reader = new LineReader(instants);
  const phases = phasesOf(request);
  const tick = phases('scan', bytes);
  const thread = await secondThread(Math.max(...segments.map(({ log }) => log.stat.size)));
  try {
    const files: SimulatedFile[] = [];
    for (const segment of segments.toReversed()) {
      const { log, index } = segment;
      const { blocks } = await scanSegment(segment, { file: log, reader, instants, thread, tick }, { rules }); // prettier-ignore
      const sums = blocks.map((block) => block.sums);
      files.push({ file: log, size: log.stat.size, sums, rotated: index > 0 });
    }
    let again = 0;
    const pace = phases();
    const found = await simulateLog({
      files,
      rules,
      isScanned: () => true,
      candidatesFor,
      budget: budgetAfter(bytes),
      reader,
      tick: (read) => {
        again += read;
        return pace(read);
      },
    });
    return simulationOf(found, { source: 'scan', bytes, bytes_read: bytes + again, warnings });
  } finally {
    await thread?.stop();
  }
}
