import { appendTo, changeNames, create, dataOf, syncData, syncNames } from './file-system.js';
import { END, isRecord, linesIn, wholeLength } from './lines.js';
import { has, go, withFiles, type Step } from './step.js';
import { IDLE, type Setup, type World } from './replace-world.js';
import { someoneVisible } from './writers.js';

/** Steps 3 to 6: from the plan to the rename. */
export const COMPACTION: readonly Step[] = [
  {
    name: 'open',
    words: '3 opens the log',
    act: (w) => [go(w, 'sync start', { log: w.fs.names.log ?? -1 })],
  },
  {
    name: 'sync start',
    words: '4 fsyncs the directory',
    act: (w, setup) => {
      const synced = has(setup, 'fsync-start') ? withFiles(w, syncNames(w.fs)) : w;
      return [go(synced, 'create temp')];
    },
  },
  {
    name: 'create temp',
    words: '4 creates the temp',
    act: (w) => {
      const [fs, temp] = create(w.fs, 'temp');
      return [go(withFiles(w, fs), 'copy', { temp })];
    },
  },
  {
    name: 'copy',
    words: '4 copies the kept lines',
    act: (w, setup) => {
      const text = dataOf(w.fs, w.run.log);
      const offset = has(setup, 'whole-lines') ? wholeLength(text) : text.length;
      const kept = keptOf(text.slice(0, wholeLength(text)), setup);
      const fs = appendTo(w.fs, w.run.temp, kept + text.slice(wholeLength(text), offset));
      return [go(withFiles(w, fs), 'catch up', { offset })];
    },
  },
  {
    name: 'catch up',
    words: '4 catches up',
    act: (w, setup) => [go(caughtUp(w, setup), 'see tail')],
  },
  {
    name: 'see tail',
    words: '4 reads the unterminated end',
    act: (w, setup) => {
      const tail = dataOf(w.fs, w.run.log).slice(w.run.offset);
      const whole = tail === '' || tail.includes(END) || !has(setup, 'whole-lines');
      if (whole || (setup.sight === 'unknown' && has(setup, 'tail-unknown'))) {
        return [go(w, 'sync temp')];
      }
      return [go(w, 'look at tail', { tail })];
    },
  },
  {
    name: 'look at tail',
    words: '4 looks who writes',
    act: (w, setup) => {
      const held = someoneVisible(w.writers, w.run.log) && has(setup, 'tail-look');
      return [held ? go(w, 'sync temp', { tail: '' }) : go(w, 'take tail')];
    },
  },
  {
    name: 'take tail',
    words: '4 takes the unterminated end for torn, if it is unchanged',
    act: (w, setup) => {
      const { log, temp, offset, tail } = w.run;
      if (has(setup, 'tail-again') && dataOf(w.fs, log).slice(offset) !== tail) {
        return [go(w, 'catch up', { tail: '' })];
      }
      const fs = appendTo(w.fs, temp, tail + END);
      return [go(withFiles(w, fs), 'sync temp', { tail: '', offset: offset + tail.length })];
    },
  },
  {
    name: 'sync temp',
    words: '4 fsyncs the temp',
    act: (w, setup) => {
      const fs = has(setup, 'fsync-temp') ? syncData(w.fs, w.run.temp) : w.fs;
      return [go(withFiles(w, fs), 'link', { synced: dataOf(fs, w.run.temp).length })];
    },
  },
  {
    name: 'link',
    words: '5 links the old file',
    act: (w, setup) => {
      const log = w.fs.names.log;
      if (!has(setup, 'link') || log === undefined) return [go(w, 'last catch-up')];
      const link = `old.${String(w.run.offset)}.${String(w.run.synced)}`;
      return [go(withFiles(w, changeNames(w.fs, { [link]: log })), 'sync link', { link })];
    },
  },
  {
    name: 'sync link',
    words: '5 fsyncs the directory',
    act: (w, setup) => {
      const synced = has(setup, 'fsync-link') ? withFiles(w, syncNames(w.fs)) : w;
      return [go(synced, 'check link')];
    },
  },
  {
    name: 'check link',
    words: '5 checks the link and the path',
    act: (w, setup) => {
      const sameLink = w.fs.names[w.run.link] === w.run.log || !has(setup, 'check-link');
      const samePath = w.fs.names.log === w.run.log || !has(setup, 'check-path');
      const same = sameLink && samePath;
      return [go(w, same ? 'last catch-up' : 'abort: unlink old')];
    },
  },
  {
    name: 'abort: unlink old',
    words: '5 it is another file: removes the link',
    act: (w) => [go(withFiles(w, changeNames(w.fs, { [w.run.link]: null })), 'abort: unlink temp')],
  },
  {
    name: 'abort: unlink temp',
    words: '5 removes the temp',
    act: (w) => {
      const fs = changeNames(w.fs, { temp: null });
      return [{ ...w, fs, run: { ...IDLE, step: 'reported' } }];
    },
  },
  {
    name: 'last catch-up',
    words: '6 catches up for the last time',
    act: (w, setup) => {
      const done = caughtUp(w, setup);
      return [go(done, done.run.offset === w.run.offset ? 'rename' : 'last catch-up')];
    },
  },
  {
    name: 'rename',
    words: '6 renames the temp over the log',
    act: (w, setup) => {
      const fs = changeNames(w.fs, { log: w.run.temp, temp: null });
      return [go(withFiles(w, fs), has(setup, 'drain') ? 'pass' : 'sync new')];
    },
  },
];

function caughtUp(w: World, setup: Setup): World {
  const news = dataOf(w.fs, w.run.log).slice(w.run.offset);
  const taken = has(setup, 'whole-lines') ? news.slice(0, wholeLength(news)) : news;
  if (taken === '') return w;
  const fs = appendTo(w.fs, w.run.temp, taken);
  return { ...w, fs, run: { ...w.run, offset: w.run.offset + taken.length } };
}

function keptOf(text: string, setup: Setup): string {
  const kept = linesIn(text).filter(
    (line) => line !== '' && !(isRecord(line) && setup.expired.includes(line.slice(0, 1))),
  );
  return kept.map((line) => line + END).join('');
}
