import { appendTo, dataOf, inodeAt, setInode, syncData, type FileSystem } from './file-system.js';
import { END, isUnterminated } from './lines.js';
import type { World } from './replace-world.js';
import { go, has, withFiles, type Step } from './step.js';

/**
 * Our own write ends before its line does. Behind a line that others left torn it does no new harm:
 * whatever is written next would have been glued to theirs.
 */
export function cutShort({ fs, run }: World): FileSystem {
  const { data } = inodeAt(fs, run.temp);
  const onItsOwn = run.at === 0 || data[run.at - 1] === END;
  return setInode(fs, run.temp, { busy: false, torn: onItsOwn ? 'papyra' : 'others' });
}

const NOTHING_QUEUED = { queue: [], then: '', at: 0, cut: 0 };

/** Step 7, i to iv: one line after the other to the live log, between its own writers. */
export const LIVE_APPEND: readonly Step[] = [
  {
    name: 'sync old',
    words: '7 fsyncs the old file',
    act: (w, setup) => {
      const fs = has(setup, 'fsync-old') ? syncData(w.fs, w.run.log) : w.fs;
      return [go(withFiles(w, fs), 'append')];
    },
  },
  {
    name: 'append',
    words: '7 reads the end of the new file',
    act: (w, setup) => {
      if (w.run.queue.length === 0) return [go(w, w.run.then, NOTHING_QUEUED)];
      const open = isUnterminated(dataOf(w.fs, w.run.temp)) && has(setup, 'newline-first');
      return [go(w, open ? 'end line' : 'write')];
    },
  },
  {
    name: 'end line',
    words: '7 writes a newline first',
    act: (w) => {
      if (inodeAt(w.fs, w.run.temp).busy) return [];
      return [go(withFiles(w, appendTo(w.fs, w.run.temp, END, { torn: 'no' })), 'write')];
    },
  },
  {
    name: 'write',
    words: '7 has written the beginning of a line',
    act: (w, setup) => {
      const file = inodeAt(w.fs, w.run.temp);
      if (file.busy) return [];
      const line = w.run.queue[0] ?? '';
      // Where a kill may cut it: after the first byte, or just before the newline.
      const cuts = setup.ownCuts === 'both' ? new Set([1, line.length]) : [1];
      return [...cuts].map((cut) => {
        const fs = appendTo(w.fs, w.run.temp, line.slice(0, cut), { busy: true });
        return go(withFiles(w, fs), 'write rest', { at: file.data.length, cut });
      });
    },
  },
  {
    name: 'write rest',
    words: '7 has written the line',
    act: (w, setup) => {
      const { temp, queue, cut } = w.run;
      const rest = (queue[0] ?? '').slice(cut) + END;
      const whole = appendTo(w.fs, temp, rest, { busy: false, torn: 'no' });
      const outcomes = [go(withFiles(w, whole), 'check glue')];
      if (w.faults.shortWrites > 0) {
        const short = {
          ...withFiles(w, cutShort(w)),
          faults: { ...w.faults, shortWrites: w.faults.shortWrites - 1 },
        };
        outcomes.push(
          has(setup, 'short-write')
            ? go(short, 'R', { ...NOTHING_QUEUED, recovering: true, restDone: false })
            : go(short, 'continue write'),
        );
      }
      return outcomes;
    },
  },
  {
    name: 'continue write',
    words: '7 continues its short write',
    act: (w) => {
      const { temp, queue } = w.run;
      if (inodeAt(w.fs, temp).busy) return [];
      const rest = (queue[0] ?? '').slice(1) + END;
      return [go(withFiles(w, appendTo(w.fs, temp, rest, { torn: 'no' })), 'check glue')];
    },
  },
  {
    name: 'check glue',
    words: '7 checks the byte before its write',
    act: (w, setup) => {
      const { temp, queue, at } = w.run;
      const glued = at > 0 && dataOf(w.fs, temp)[at - 1] !== END;
      if (glued && has(setup, 'check-glue')) return [go(w, 'end line', { at: 0 })];
      return [go(w, 'append', { queue: queue.slice(1), at: 0, cut: 0 })];
    },
  },
];
