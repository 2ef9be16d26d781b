// Decides how a rotating set frees space: the oldest file first, each in the way that log/free.ts chooses for it.
import { basename } from 'node:path';
import { assertArchiveElsewhere } from '../../files/kept-space.js';
import type { LogNames } from '../../files/names.js';
import { TailSample } from '../../files/tail-sample.js';
import { chooseWay, leave, type FreeChoice } from '../../log/free.js';
import { wayText } from '../../log/free-words.js';
import { notEnough } from '../../log/not-enough.js';
import type { Phases } from '../../log/phases.js';
import type { LineReader } from '../../records/line-reader.js';
import type { FreeRule } from '../../retention/policy.js';
import type { PlanRequest } from '../backend.js';
import type { SegmentPlan } from './decision.js';
import type { Segment } from './set.js';

/**
 * A file of which something stays that may go ends the search: nothing newer goes before it. `segments`: the oldest
 * first; the plans are in that order.
 *
 * @throws {PapyraError} `refused` when it cannot be enough; where the place forbids what would be, its own error.
 */
export async function planFreeing(
  path: string,
  segments: readonly Segment[],
  names: LogNames,
  request: PlanRequest & { rules: { free: FreeRule } },
  reader: LineReader,
  phases: Phases,
): Promise<{ plans: SegmentPlan[]; way: string }> {
  const { rules, inPlace, offline, dryRun } = request;
  const { bytes } = rules.free;
  assertArchiveElsewhere(request.archive?.directory, names);
  const tick = phases('scan', bytes);
  const task = { rules, reader, tick, inPlaceOnly: inPlace, offline, looksOnly: dryRun };
  const plans: SegmentPlan[] = [];
  const chosen: (FreeChoice & { name: string })[] = [];
  let frees = 0;
  let isOver = false;
  for (const segment of segments) {
    const { log, index } = segment;
    const name = basename(log.path);
    const before = new TailSample(log, log.stat.size);
    const file = { ...task, log, names: { ...names, log: log.path }, isClosed: index > 0 };
    const choice: FreeChoice = isOver
      ? await leave(file)
      : await chooseWay({ ...file, bytes: bytes - frees });
    before.assertUnchanged();
    plans.push(planOf(segment, name, choice));
    if (isOver) continue;
    chosen.push({ ...choice, name });
    frees += choice.frees;
    isOver = frees >= bytes || !choice.isSpent;
  }
  if (frees < bytes) throw notEnough(path, rules, frees, chosen.at(-1));
  return { plans, way: wayText(chosen) };
}

function planOf(segment: Segment, name: string, choice: FreeChoice): SegmentPlan {
  const { seen, totals, action, head } = choice;
  const cut = { records: 0, bytes: 0, by: { count: 0, size: 0 } };
  const tailSample = new TailSample(segment.log, seen.end, head?.keep);
  return { segment, name, seen, cut, totals, action, head, tailSample };
}
