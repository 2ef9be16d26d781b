import type { LogNames } from '../../files/names.js';
import type { TailSample } from '../../files/tail-sample.js';
import type { LineReader } from '../../records/line-reader.js';
import type { Cut } from '../../log/cut.js';
import type { Foreign } from '../../log/foreign/form.js';
import type { OpenLog } from '../../log/open.js';
import type { Totals } from '../../log/totals.js';
import type { PlannedHead } from '../../log/plan-head.js';
import type { LogScan } from '../../log/scan.js';

/** What is known of a log before anything is done to it. */
export interface Decision {
  log: OpenLog;
  names: LogNames;
  reader: LineReader;
  seen: LogScan;
  cut: Cut;
  totals: Totals;
  /** What it is, when it is no log of the runtime. */
  foreign: Foreign | undefined;
  /** Notices when somebody truncates what was scanned. */
  tailSample: TailSample;
  /** With --in-place: the head, and how much of it goes. */
  head?: PlannedHead;
}
