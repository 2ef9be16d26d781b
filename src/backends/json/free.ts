// Decides how a log of one file frees space, from what was read of its old end.
import { basename } from 'node:path';
import { assertArchiveElsewhere } from '../../files/kept-space.js';
import type { LogNames } from '../../files/names.js';
import { TailSample } from '../../files/tail-sample.js';
import { chooseWay } from '../../log/free.js';
import { wayText } from '../../log/free-words.js';
import { notEnough } from '../../log/not-enough.js';
import type { OpenLog } from '../../log/open.js';
import type { Phases } from '../../log/phases.js';
import { assertAcceptable } from '../../log/report.js';
import { FUTURE_SECONDS } from '../../log/totals.js';
import { LineReader } from '../../records/line-reader.js';
import type { Sums } from '../../records/sums.js';
import { ageCutoff, type FreeRule } from '../../retention/policy.js';
import type { PlanRequest } from '../backend.js';
import type { Decision } from './decision.js';

/** @throws {PapyraError} `refused` when it cannot be enough; where the place forbids what would be, its own error. */
export async function decideFreeing(
  log: OpenLog,
  names: LogNames,
  request: PlanRequest & { rules: { free: FreeRule } },
  phases: Phases,
  known: Sums[],
): Promise<Omit<Decision, 'closeLog'>> {
  const { rules, inPlace, offline, dryRun, allowEmpty } = request;
  assertArchiveElsewhere(request.archive?.directory, names);
  const before = new TailSample(log, log.stat.size);
  const reader = new LineReader({ cutoff: ageCutoff(rules), horizon: rules.now + FUTURE_SECONDS });
  const { bytes } = rules.free;
  const choice = await chooseWay({
    log,
    names,
    rules,
    reader,
    tick: phases('scan', Math.min(bytes, log.stat.size)),
    isClosed: false,
    bytes,
    inPlaceOnly: inPlace,
    offline,
    looksOnly: dryRun,
  });
  const { seen, totals, head, keep, frees } = choice;
  const tailSample = new TailSample(log, seen.end, head?.keep);
  before.assertUnchanged();
  const name = basename(names.log);
  if (frees < bytes) throw notEnough(names.log, rules, frees, { ...choice, name });
  assertAcceptable(names.log, seen, totals, rules, allowEmpty);
  const cut = { records: 0, bytes: 0, by: { count: 0, size: 0 } };
  const freeing = { way: wayText([{ ...choice, name }]), keep, known };
  const whole = { log, names, reader, seen, cut, totals, foreign: undefined, tailSample, freeing };
  return head ? { ...whole, head } : whole;
}
