// Shows the progress of a run.
import type { Ora } from 'ora';
import { monotonicMs } from '../units/clock.js';
import type { Progress } from '../backends/backend.js';
import type { Stream } from './console.js';
import { formatBytes, formatCount, formatSeconds } from './text.js';

export type ProgressMode = 'auto' | 'always' | 'never';

const TERMINAL_EVERY_MS = 100;
/** Plain lines often go to the log file of a scheduled job, which needs few of them. */
const PLAIN_EVERY_MS = 5000;

const VERBS = { scan: 'Scanning', write: 'Writing', trim: 'Trimming', stores: 'Stores:' };

/** How far a run on one store is, or how many of many stores are done. */
export type Shown = Omit<Progress, 'phase'> & { phase: keyof typeof VERBS };

export interface ProgressReporter {
  update(progress: Shown): void;
  stop(): void;
}

/** A spinner on a terminal; plain lines when its width is not known, or elsewhere with `always`. */
export function progressTo(stream: Stream, mode: ProgressMode): ProgressReporter {
  if (mode === 'never' || (mode === 'auto' && !stream.isTTY)) return { update() {}, stop() {} };
  // With 0 columns ora computes an infinite number of lines, and never stops clearing them.
  return stream.isTTY && (stream.columns ?? 0) > 0 ? spinner() : lines(stream);
}

/** `Scanning 120.5 MB of 257.1 MB (47 %), 310.2 MB/s, 0.4 s left` */
export function progressLine({ phase, unit, done, total }: Shown, seconds: number): string {
  const amount = unit === 'entries' ? formatCount : formatBytes;
  const rate = seconds > 0 ? done / seconds : 0;
  const share = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 100;
  const left = rate > 0 ? `, ${formatSeconds(Math.max(0, total - done) / rate)} left` : '';
  return `${VERBS[phase]} ${amount(done)} of ${amount(total)} (${share} %), ${amount(Math.round(rate))}/s${left}`;
}

/** Calls `show` at most every `everyMs`. Rates count from the start of the phase. */
function paced(everyMs: number, show: (line: string) => void): (progress: Shown) => void {
  let phase: Shown['phase'] | undefined;
  let began = 0;
  let shown = 0;
  return (progress) => {
    const now = monotonicMs();
    if (progress.phase !== phase) {
      phase = progress.phase;
      began = shown = now;
    }
    if (now - shown < everyMs) return;
    shown = now;
    show(progressLine(progress, (now - began) / 1000));
  };
}

function lines(stream: Stream): ProgressReporter {
  const update = paced(PLAIN_EVERY_MS, (line) => stream.write(`papyra: ${line}\n`));
  return { update, stop() {} };
}

function spinner(): ProgressReporter {
  let shown: Ora | undefined;
  let text = '';
  let stopped = false;
  // Loaded only when there is something to show, so that short runs do not load it.
  const start = async () => {
    const { default: ora } = await import('ora');
    // No colour, so that --color and NO_COLOR do not matter.
    const looks = { text, color: false, discardStdin: false } as const;
    if (!stopped) shown = ora({ ...looks, stream: process.stderr }).start();
  };
  let starting = false;
  const update = paced(TERMINAL_EVERY_MS, (line) => {
    text = line;
    if (shown) shown.text = line;
    else if (!starting) {
      starting = true;
      void start();
    }
  });
  return {
    update,
    stop() {
      stopped = true;
      shown?.stop();
    },
  };
}
