// What a disk was asked, in order, and what a power failure would leave of it.
import { execaSync } from 'execa';
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { Random } from '../support/random.js';

export interface Request {
  kind: 'write' | 'flush';
  /** Where on the disk, and how much. */
  offset: number;
  length: number;
  /** When it came, in nanoseconds of the monotonic clock. */
  time: number;
  /** Where in the history its bytes are. */
  at: number;
}

const HEAD = 1 + 8 + 4 + 8;

export function readHistory(file: string): Request[] {
  const requests: Request[] = [];
  const { size } = statSync(file);
  const fd = openSync(file, 'r');
  const head = Buffer.alloc(HEAD);
  for (let at = 0; at + HEAD <= size;) {
    readSync(fd, head, 0, HEAD, at);
    const kind = head[0] === 0x77 ? 'write' : 'flush';
    const [offset, length, time] = [Number(head.readBigUInt64LE(1)), head.readUInt32LE(9), Number(head.readBigUInt64LE(13))]; // prettier-ignore
    at += HEAD;
    requests.push({ kind, offset, length, time, at });
    at += length;
  }
  closeSync(fd);
  return requests;
}

/** What becomes of the writes that no flush had followed when the power failed. */
export type Cache =
  /** All are there: a disk without a cache. */
  | 'kept'
  /** None is there. */
  | 'lost'
  /** Each is there or not; some in part, sector by sector. */
  | 'some'
  /** The disk lies: flushes do nothing, and any write may be lost. Nothing can be safe on it. */
  | 'lying';

export interface Cut {
  /** The power fails before this request. */
  before: number;
  cache: Cache;
  /** The part that stays, with `some` and `lying`. */
  share: number;
}

export function drawCut(
  random: Random,
  requests: Request[],
  within: (time: number) => boolean,
): Cut {
  // prettier-ignore
  const cache = random.pick(['kept', 'lost', 'some', 'some', 'some'] as const);
  const share = random.pick([0.1, 0.5, 0.9]);
  // Most of what matters happens while papyra works.
  let before = 0;
  for (let tries = 0; tries < 20; tries++) {
    before = 1 + random.below(requests.length - 1);
    if (within(requests[before]!.time)) break;
  }
  return { before, cache, share };
}

const SECTOR = 512;

/** Makes the disk as the power failure leaves it. The same seed makes the same disk. */
export function makeDisk(
  target: string,
  from: { base: string; history: string; requests: Request[] },
  { before, cache, share }: Cut,
  random: Random,
): void {
  // An image is mostly holes, which a copy by Node would fill.
  execaSync('cp', ['--sparse=always', from.base, target]);
  const [history, disk] = [openSync(from.history, 'r'), openSync(target, 'r+')];
  const done = from.requests.slice(0, before);
  const flushed = cache === 'lying' ? 0 : done.findLastIndex(({ kind }) => kind === 'flush');
  const put = (at: number, offset: number, length: number) => {
    const bytes = Buffer.alloc(length);
    readSync(history, bytes, 0, length, at);
    writeSync(disk, bytes, 0, length, offset);
  };
  for (const [index, { kind, offset, length, at }] of done.entries()) {
    if (kind === 'flush') continue;
    if (index < flushed || cache === 'kept') put(at, offset, length);
    else if (cache === 'lost') continue;
    else if (random.chance(0.9)) {
      if (random.chance(share)) put(at, offset, length);
    } else {
      for (let done = 0; done < length; done += SECTOR) {
        if (random.chance(share)) put(at + done, offset + done, Math.min(SECTOR, length - done));
      }
    }
  }
  closeSync(history);
  closeSync(disk);
}
