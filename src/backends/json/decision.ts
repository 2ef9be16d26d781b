import type { LogNames } from '../../files/names.js';
import type { Witness } from '../../files/witness.js';
import type { LineReader } from '../../records/line-reader.js';
import type { Cut } from '../../log/cut.js';
import type { OpenLog } from '../../log/open.js';
import type { Outcome } from '../../log/outcome.js';
import type { PlannedHead } from '../../log/plan-head.js';
import type { Survey } from '../../log/survey.js';

/** What is known of a log before anything is done to it. */
export interface Decision {
  log: OpenLog;
  names: LogNames;
  reader: LineReader;
  seen: Survey;
  cut: Cut;
  outcome: Outcome;
  /** Notices when somebody truncates what was surveyed. */
  witness: Witness;
  /** With --in-place: the head, and how much of it goes. */
  head?: PlannedHead;
}
