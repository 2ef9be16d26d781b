// Makes the logs: the same for the same seed.
import { closeSync, openSync } from 'node:fs';
import { Random } from '../support/random.js';
import { records } from '../support/records.js';
import { Batch, writeAll } from './batch.js';

/** The first record is of then, the next ones a second later each. */
export const START = 1_700_000_000;
/** Between the older half and the newer one: a run that starts a little later decides the same. */
const GAP = 10_000;

/** The middle of the gap. */
export function cutoff(count: number): number {
  return START + olderHalf(count) + GAP / 2;
}

/** A time at which one record in a hundred is older. */
export function nearlyAll(count: number): number {
  return START + count / 100;
}

const olderHalf = (count: number) => Math.floor(count / 2);

export type Shape = 'plain' | 'shuffled' | 'hostile' | 'long';

export interface LogSize {
  records: number;
  bytes: number;
  /** Of the newer half of the records. */
  half: number;
}

export function writeLog(path: string, shape: Shape, count: number, seed: number): LogSize {
  const fd = openSync(path, 'w');
  const [older, newer] = WRITERS[shape](fd, count, seed);
  closeSync(fd);
  return { records: shape === 'long' ? 4 : count, bytes: older + newer, half: newer };
}

/** Each writes both halves, and returns their bytes. */
type Writer = (fd: number, count: number, seed: number) => [older: number, newer: number];

const WRITERS: Record<Shape, Writer> = {
  plain(fd, count, seed) {
    const batch = new Batch(seed, count);
    const older = batch.write(fd, olderHalf(count), START);
    const start = START + olderHalf(count) + GAP;
    return [older, batch.write(fd, count - olderHalf(count), start)];
  },
  shuffled: (fd, count, seed) => writeEach(fd, count, seed, redated),
  hostile: (fd, count, seed) => writeEach(fd, count, seed, reshaped),
  long(fd, count) {
    // 100 MB in a log of a million records.
    const pad = 'x'.repeat(count * 100);
    const line = (n: number) =>
      writeAll(
        fd,
        Buffer.from(`{"kind": "event", "pad": "${pad}", "timestamp": ${START + n}.5}\n`),
      );
    return [line(0) + line(1), line(2) + line(3)];
  },
};

type Change = (record: string, random: Random, count: number) => string;

function writeEach(fd: number, count: number, seed: number, change: Change): [number, number] {
  const random = new Random(seed);
  const half = (seedOfHalf: number, size: number, start: number): number => {
    let written = 0;
    let batch = '';
    const flush = () => {
      written += writeAll(fd, Buffer.from(batch));
      batch = '';
    };
    for (const record of records({ seed: seedOfHalf, count: size, start, step: 1, odd: false })) {
      batch += `${change(record, random, count)}\n`;
      if (batch.length > 1 << 20) flush();
    }
    flush();
    return written;
  };
  const older = olderHalf(count);
  return [half(seed, older, START), half(seed + 1, count - older, START + older + GAP)];
}

/** The same record, its keys in any order, and some that no other has: no two lines are of one shape. */
function reshaped(record: string, random: Random): string {
  const entries = Object.entries(JSON.parse(record) as object);
  for (let at = entries.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [entries[at], entries[other]] = [entries[other]!, entries[at]!];
  }
  entries.splice(random.below(entries.length), 0, [`k${random.below(1e6)}`, random.below(1e6)]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** The same record, of any time. */
function redated(record: string, random: Random, count: number): string {
  const at = random.below(count);
  const time = START + at + (at < count / 2 ? 0 : GAP);
  return record.replace(/(?<="timestamp": )\d+\.?\d*(?=[,}])(?!.*"timestamp": \d)/, `${time}.5`);
}
