// Samples when the bytes of a log arrived, by the timestamps of some of its lines.
import type { Step } from '../forecast/growth.js';
import type { OpenFile } from '../files/read.js';
import { eachLine } from './each-line.js';
import type { OpenLog } from './open.js';
import { fillersOf } from './plan-head.js';
import { lineAtOrBehind } from './segments.js';
import { FUTURE_SECONDS } from './totals.js';

/** Lines are read in so many places of the log, evenly spread over its bytes, and at its end. */
const PLACES = 96;
/** In each place so many bytes, and up to so many lines. */
const LOOK_BYTES = 1 << 14;
const LINES = 9;
const LINE_BYTES = 1 << 20;

interface Source {
  file: OpenFile;
  from: number;
  to: number;
}

interface Point {
  /** Bytes of the log before it. */
  at: number;
  time: number;
}

/** `files`: open, the oldest first. */
export function arrivalsIn(files: readonly OpenLog[]): Promise<Step[]> {
  const sources = files.map((log) => ({ file: log, from: fillersOf(log), to: log.stat.size }));
  return arrivalsOf(sources, Date.now() / 1000);
}

/**
 * `files`: the oldest first. The time of a place is the median of its lines: one whose clock is wrong does not count.
 * What is dated more than a day ahead is the fault of a clock, and left out.
 */
async function arrivalsOf(files: readonly Source[], now: number): Promise<Step[]> {
  const total = files.reduce((sum, { from, to }) => sum + to - from, 0);
  const seen = { lines: 0, bytes: 0 };
  const points: Point[] = [];
  let before = 0;
  let next = 0;
  for (const { file, from, to } of files) {
    for (; next < before + to - from; next += total / PLACES) {
      const start = from + Math.floor(next - before);
      const first = start === from ? from : lineAtOrBehind(file, start, Math.min(to, start + LINE_BYTES)); // prettier-ignore
      const time = await timeAt(file, first, to, now, seen);
      if (time !== undefined) points.push({ at: before + first - from, time });
    }
    before += to - from;
  }
  const last = files.findLast(({ from, to }) => to > from);
  if (last) {
    const { file, from, to } = last;
    const first = to - LOOK_BYTES <= from ? from : lineAtOrBehind(file, to - LOOK_BYTES, to);
    const time = await timeAt(file, first, to, now, seen, Infinity);
    if (time !== undefined) points.push({ at: total, time });
  }
  return stepsBetween(points, seen.bytes === 0 ? 0 : seen.lines / seen.bytes, now);
}

/** The median time of some lines; undefined: none of them has one. */
async function timeAt(
  file: OpenFile,
  from: number,
  to: number,
  now: number,
  seen: { lines: number; bytes: number },
  most = LINES,
): Promise<number | undefined> {
  const times: number[] = [];
  const end = lineAtOrBehind(
    file,
    Math.min(to, from + LOOK_BYTES),
    Math.min(to, from + LINE_BYTES),
  );
  await eachLine(file, { start: from, end }, () => undefined, (kind, start, lineEnd, timestamp) => {
    seen.lines += kind === 'blank' ? 0 : 1;
    seen.bytes += lineEnd - start;
    if (kind === 'record' && times.length < most && timestamp <= now + FUTURE_SECONDS) times.push(timestamp);
  }); // prettier-ignore
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

/** Time never goes back from one place to the next, whatever lines say. */
function stepsBetween(points: readonly Point[], linesPerByte: number, now: number): Step[] {
  const steps: Step[] = [];
  let time = points[0]?.time ?? now;
  for (const [index, point] of points.slice(1).entries()) {
    const bytes = point.at - points[index]!.at;
    const to = Math.max(time, point.time);
    steps.push({ from: time, to, bytes, records: bytes * linesPerByte });
    time = to;
  }
  // Nothing has come since.
  if (points.length > 0 && time < now) steps.push({ from: time, to: now, bytes: 0, records: 0 });
  return steps;
}
