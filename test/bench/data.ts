import { closeSync, openSync, writeSync } from 'node:fs';
import { Random } from '../support/random.js';
import { records } from '../support/records.js';

/** The first record is of then, the next ones a second later each. */
const START = 1_700_000_000;
/** Between the older half and the newer one: a run that starts a little later decides the same. */
const GAP = 10_000;

/** The middle of the gap. */
export function cutoff(count: number): number {
  return START + count / 2 + GAP / 2;
}

/** A time at which one record in a hundred is older. */
export function nearlyAll(count: number): number {
  return START + count / 100;
}

export type Shape = 'plain' | 'shuffled' | 'hostile' | 'long';

/** Writes a log that is the same for the same seed. */
export function writeLog(path: string, shape: Shape, count: number, seed: number): void {
  const fd = openSync(path, 'w');
  let batch = '';
  const add = (line: string) => {
    batch += `${line}\n`;
    if (batch.length > 1 << 20) flush();
  };
  const flush = () => {
    writeSync(fd, batch);
    batch = '';
  };
  const random = new Random(seed);
  const shaped = (record: string) => {
    if (shape === 'hostile') return reshaped(record, random);
    return shape === 'shuffled' ? redated(record, random, count) : record;
  };
  if (shape === 'long') {
    for (let n = 0; n < 4; n++) {
      add(`{"kind": "event", "pad": "${'x'.repeat(100_000_000)}", "timestamp": ${START + n}.5}`);
    }
  } else {
    const half = Math.floor(count / 2);
    const older = records({ seed, count: half, start: START, step: 1, odd: false });
    const start = START + half + GAP;
    const newer = records({ seed: seed + 1, count: count - half, start, step: 1, odd: false });
    for (const record of older) add(shaped(record));
    for (const record of newer) add(shaped(record));
  }
  flush();
  closeSync(fd);
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
