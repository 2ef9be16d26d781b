// Defines what a plan knows of a log before anything is done to it.
import type { TornEnd } from '../../files/mend-tail.js';
import type { LogNames } from '../../files/names.js';
import type { TailSample } from '../../files/tail-sample.js';
import type { LineReader } from '../../records/line-reader.js';
import type { Sums } from '../../records/sums.js';
import type { Cut } from '../../log/cut.js';
import type { ClonePlan } from '../../log/plan-clone.js';
import type { Foreign } from '../../log/foreign/form.js';
import type { OpenLog } from '../../log/open.js';
import type { Totals } from '../../log/totals.js';
import type { PlannedHead } from '../../log/plan-head.js';
import type { LogScan } from '../../log/scan.js';
import type { SecondThread } from '../../log/scan-threads.js';

export interface Decision {
  log: OpenLog;
  names: LogNames;
  reader: LineReader;
  /** It has helped to scan. */
  thread?: SecondThread | undefined;
  seen: LogScan;
  cut: Cut;
  totals: Totals;
  /** What it is, when it is no log of the runtime. */
  foreign: Foreign | undefined;
  /** Detects that somebody has truncated what was scanned. */
  tailSample: TailSample;
  /** With --in-place: the head, and how much of it goes. */
  head?: PlannedHead;
  /** A rewrite that shares blocks with the old file. */
  clone?: ClonePlan | undefined;
  /** Closes the log before the run is over: only then the space of a replaced one is free. */
  closeLog: () => Promise<void>;
  /** Of a run that frees space: the way in words, the first byte that stays, and the blocks that an index knows. */
  freeing?: { way: string; keep: number; known: Sums[] };
  /** Of a recovery: the truncated end of the log. */
  torn?: TornEnd | undefined;
}
