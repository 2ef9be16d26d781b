// Defines what is known of one file of a set before a run, and what became of it after.
import type { PapyraError } from '../../errors/errors.js';
import type { TornEnd } from '../../files/mend-tail.js';
import type { TailSample } from '../../files/tail-sample.js';
import type { PartAction } from '../../report/report.js';
import type { Cut } from '../../log/cut.js';
import type { ClonePlan } from '../../log/plan-clone.js';
import type { Foreign } from '../../log/foreign/form.js';
import type { Totals } from '../../log/totals.js';
import type { PlannedHead } from '../../log/plan-head.js';
import type { LogScan } from '../../log/scan.js';
import type { Segment } from './set.js';

export interface SegmentPlan {
  segment: Segment;
  name: string;
  seen: LogScan;
  cut: Cut;
  totals: Totals;
  /** `removed`: every line of it goes, and nobody appends to it. */
  action: PartAction;
  /** With --in-place: the head, and how much of it goes. */
  head?: PlannedHead | undefined;
  /** A rewrite that shares blocks with the old file. */
  clone?: ClonePlan | undefined;
  tailSample: TailSample;
  /** Of a recovery: the truncated end of the file. */
  torn?: TornEnd | undefined;
  /** What it is, when it is no log of the runtime. */
  foreign?: Foreign | undefined;
  pinnedBy?: string | undefined;
  /** Why nothing can be done to it, though there is something to do. */
  refusal?: PapyraError;
}

/** What became of a part. A failure without an action: it is unchanged. */
export interface Result {
  action?: PartAction;
  appended?: { records: number | null; bytes: number };
  failure?: PapyraError;
}
