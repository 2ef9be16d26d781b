import { changeNames, dataOf, syncData, syncNames } from './file-system.js';
import { END, linesIn, wholeLength } from './lines.js';
import { ended, type Setup, type World } from './replace-world.js';
import { go, has, withFiles, type Step } from './step.js';
import { someoneBetween, someoneVisible } from './writers.js';

/**
 * How sure it is that the old file has come to rest, step by step. News, or a writer in sight, and
 * it begins again.
 */
export const CALM = { none: 0, looked: 1, passed: 2, twice: 3, paused: 4, lookedAgain: 5, over: 6 };

/** Steps 7 and 8: from the rename to the end. */
export const DRAIN: readonly Step[] = [
  {
    name: 'pass',
    words: '7 reads what is new in the old file',
    act: (w, setup) => {
      const news = dataOf(w.fs, w.run.log).slice(w.run.offset);
      const whole = has(setup, 'whole-lines') ? wholeLength(news) : news.length;
      const queue = whole > wholeLength(news) ? [news] : linesIn(news);
      const offset = w.run.offset + whole;
      if (queue.length > 0) {
        return [go(w, 'sync old', { offset, queue, then: 'calm', quiet: CALM.none })];
      }
      return calm(go(w, 'calm', { quiet: afterQuietPass(w.run.quiet) }), setup);
    },
  },
  {
    name: 'calm',
    words: '7 goes on',
    act: (w, setup) => calm(w, setup),
  },
  {
    name: 'look',
    words: '7 looks who writes to the old file',
    act: (w, setup) => {
      if (!someoneVisible(w.writers, w.run.log)) {
        return calm(go(w, 'calm', { quiet: w.run.quiet + 1 }), setup);
      }
      return [go(w, 'pass', { quiet: CALM.none }), givesUp(w, setup)];
    },
  },
  {
    name: 'pause',
    words: '7 pauses',
    act: (w) => {
      // Long enough for every open() that has begun to show its descriptor.
      if (someoneBetween(w.writers, w.run.log)) return [];
      return [go(w, 'look', { quiet: CALM.paused })];
    },
  },
  {
    name: 'torn rest',
    words: '7 appends the torn rest, if any',
    act: (w, setup) => {
      const rest = dataOf(w.fs, w.run.log).slice(w.run.offset);
      const after = w.run.recovering && has(setup, 'r-after-rest') ? 'R' : 'sync new';
      if (rest === '' || (has(setup, 'rest-once') && restIsThere(w, rest)))
        return [go(w, 'sync new', { restDone: true })];
      return [go(w, 'sync old', { queue: [rest], then: after, restDone: true })];
    },
  },
  {
    name: 'sync new',
    words: '8 fsyncs the new file',
    act: (w, setup) => {
      const fs = has(setup, 'fsync-new') ? syncData(w.fs, w.run.temp) : w.fs;
      return [go(withFiles(w, fs), 'sync rename')];
    },
  },
  {
    name: 'sync rename',
    words: '8 fsyncs the directory',
    act: (w, setup) => {
      const synced = has(setup, 'fsync-rename') ? withFiles(w, syncNames(w.fs)) : w;
      return [go(synced, 'unlink old')];
    },
  },
  {
    name: 'unlink old',
    words: '8 unlinks the old file',
    act: (w) => {
      const fs = w.run.link === '' ? w.fs : changeNames(w.fs, { [w.run.link]: null });
      return [go(withFiles(w, fs), 'sync unlink', { log: -1, link: '' })];
    },
  },
  {
    name: 'sync unlink',
    words: '8 fsyncs the directory again',
    act: (w, setup) => {
      const fs = has(setup, 'fsync-unlink') ? syncNames(w.fs) : w.fs;
      return [ended(withFiles(w, fs), 'done')];
    },
  },
  {
    name: 'keep: size',
    words: '7 keeps the link: reads the size of the new file',
    act: (w) => [go(w, 'keep: sync new', { synced: dataOf(w.fs, w.run.temp).length })],
  },
  {
    name: 'keep: sync new',
    words: '7 keeps the link: fsyncs the new file',
    act: (w, setup) => {
      const fs = has(setup, 'keep-fsync-new') ? syncData(w.fs, w.run.temp) : w.fs;
      return [go(withFiles(w, fs), 'keep: sync rename')];
    },
  },
  {
    name: 'keep: sync rename',
    words: '7 keeps the link: fsyncs the directory',
    act: (w, setup) => {
      const synced = has(setup, 'keep-fsync-rename') ? withFiles(w, syncNames(w.fs)) : w;
      return [go(synced, 'keep: rename')];
    },
  },
  {
    name: 'keep: rename',
    words: '7 keeps the link: puts X and S of now into its name',
    act: (w, setup) => {
      const size = has(setup, 'keep-size-first') ? w.run.synced : dataOf(w.fs, w.run.temp).length;
      const link = `old.${String(w.run.offset)}.${String(size)}`;
      if (link === w.run.link || w.run.link === '' || !has(setup, 'keep-names'))
        return [go(w, 'keep: sync last')];
      const fs = changeNames(w.fs, { [link]: w.run.log, [w.run.link]: null });
      return [go(withFiles(w, fs), 'keep: sync last')];
    },
  },
  {
    name: 'keep: sync last',
    words: '7 keeps the link: fsyncs the directory again',
    act: (w, setup) => {
      const fs = has(setup, 'keep-fsync-last') ? syncNames(w.fs) : w.fs;
      return [ended(withFiles(w, fs), 'kept')];
    },
  },
];

function afterQuietPass(quiet: number): number {
  return quiet === CALM.none ? CALM.none : quiet + 1;
}

function calm(w: World, setup: Setup): World[] {
  const on = (step: string, quiet = w.run.quiet): World[] => [go(w, step, { quiet })];
  const end = on('torn rest', CALM.none);
  if (setup.sight === 'unknown' && has(setup, 'keep') && w.run.quiet < CALM.over) {
    return w.run.recovering ? on('age') : [givesUp(w, setup)];
  }
  switch (w.run.quiet) {
    case CALM.none:
      return has(setup, 'drain-look') ? on('look') : end;
    case CALM.looked:
      return has(setup, 'pass-after-look') ? on('pass') : end;
    case CALM.passed:
      return on(has(setup, 'second-pass') ? 'pass' : 'pause');
    case CALM.twice:
      if (!has(setup, 'after-pause')) return end;
      return has(setup, 'pause') ? on('pause') : on('look', CALM.paused);
    case CALM.lookedAgain:
      return on('pass');
    default:
      return end;
  }
}

/** Writers that cannot be seen, or hold on: their last words are left to the next run. */
function givesUp(w: World, setup: Setup): World {
  const rest = dataOf(w.fs, w.run.log).slice(w.run.offset);
  if (rest === '' || rest.includes(END) || has(setup, 'rest-last')) return go(w, 'keep: size');
  const offset = w.run.offset + rest.length;
  return go(w, 'sync old', { offset, queue: [rest], then: 'keep: size' });
}

/** A killed run may have appended the rest already. */
function restIsThere(w: World, rest: string): boolean {
  if (!w.run.recovering) return false;
  const count = (lines: string[]): number => lines.filter((line) => line === rest).length;
  const { log, temp, offset, synced } = w.run;
  const before = linesIn(dataOf(w.fs, log).slice(0, offset));
  return count(linesIn(dataOf(w.fs, temp).slice(synced))) > count(before);
}
