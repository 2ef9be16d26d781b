// Defines what a plan knows of a log before anything is done to it.
import type { TornEnd } from '../../files/mend-tail.js';
import type { LogNames } from '../../files/names.js';
import type { TailSample } from '../../files/tail-sample.js';
import type { LineReader } from '../../records/line-reader.js';
import type { Sums } from '../../records/sums.js';
import type { Cut } from '../../log/cut.js';
import type { Foreign } from '../../log/foreign/form.js';
import type { OpenLog } from '../../log/open.js';
import type { Totals } from '../../log/totals.js';
import type { PlannedHead } from '../../log/plan-head.js';
import type { LogScan } from '../../log/scan.js';

export interface Decision {
  log: OpenLog;
  names: LogNames;
  reader: LineReader;
  seen: LogScan;
  cut: Cut;
  totals: Totals;
  /** What it is, when it is no log of the runtime. */
  foreign: Foreign | undefined;
  /** Detects that somebody has truncated what was scanned. */
  tailSample: TailSample;
  /** With --in-place: the head, and how much of it goes. */
  head?: PlannedHead;
  /** Of a run that frees space: the way in words, the first byte that stays, and the blocks that an index knows. */
  freeing?: { way: string; keep: number; known: Sums[] };
  /** Of a recovery: the truncated end of the log. */
  torn?: TornEnd | undefined;
}
