import {
  BLOCK,
  changeData,
  changeNames,
  create,
  dataOf,
  inodeAt,
  NUL,
  setInode,
  syncData,
  syncNames,
  type FileSystem,
} from './file-system.js';
import { fillersOf, planCut, startsWithFiller2 } from './in-place-plan.js';
import {
  keeps,
  RESTING,
  type InPlaceRun,
  type InPlaceSetup,
  type InPlaceWorld,
  type Intent,
} from './in-place-world.js';
import { END, holdsRecord } from './lines.js';

export interface InPlaceStep {
  name: string;
  words: string;
  act(world: InPlaceWorld, setup: InPlaceSetup): InPlaceWorld[];
}

/** The repair, then steps 1 to 4. */
export const IN_PLACE_STEPS: readonly InPlaceStep[] = [
  {
    name: 'recover',
    words: '1 looks for an intent',
    act: (w) => {
      const link = w.fs.names.intent;
      if (link === undefined) return [go(w, 'plan')];
      const intent = JSON.parse(dataOf(w.fs, link)) as Intent;
      return [go(w, 'repair: sync names', { intent, log: w.fs.names.log ?? -1 })];
    },
  },
  {
    name: 'repair: sync names',
    words: 'repair: fsyncs the directory',
    act: (w, setup) => {
      const fs = keeps(setup, 'repair-fsync') ? syncNames(w.fs) : w.fs;
      return [go({ ...w, fs }, 'repair: file')];
    },
  },
  {
    name: 'repair: file',
    words: 'repair: compares the file with the intent',
    act: (w, setup) => {
      if (intentOf(w).inode !== w.run.log && keeps(setup, 'check-inode')) {
        return [go(w, 'unlink intent')];
      }
      if (keeps(setup, 'no-redo')) return [go(w, 'repair: search')];
      return [go(w, 'collapse', { from: 0, to: intentOf(w).a, then: 'sync collapse' })];
    },
  },
  {
    name: 'repair: search',
    words: 'repair: searches for NULs',
    act: (w, setup) => {
      const text = dataOf(w.fs, w.run.log);
      const from = text.indexOf(NUL);
      if (from < 0 || !keeps(setup, 'search-nuls')) return [go(w, 'repair: start')];
      let to = from;
      while (text[to] === NUL) to += 1;
      const first = Math.ceil(from / BLOCK) * BLOCK;
      // A collapse may not reach the end of the file.
      const limit = (Math.ceil(text.length / BLOCK) - 1) * BLOCK;
      const most = Math.floor(to / BLOCK) * BLOCK;
      const last = keeps(setup, 'collapse-most') ? Math.min(most, limit) : most;
      if (first < last && last <= limit) {
        return [go(w, 'collapse', { from: first, to: last, then: 'repair: search' })];
      }
      return [go(w, 'repair: blanks', { from, to })];
    },
  },
  {
    name: 'repair: blanks',
    words: 'repair: overwrites the rest with blanks',
    act: (w, setup) => {
      const { from, to, log } = w.run;
      if (!keeps(setup, 'blanks')) return [go(w, 'repair: start')];
      if (!keeps(setup, 'no-truncate')) {
        const data = dataOf(w.fs, log).slice(0, from);
        return [go({ ...w, fs: setInode(w.fs, log, { data, durable: data }) }, 'repair: search')];
      }
      const end = keeps(setup, 'blanks-newline') ? END : ' ';
      const bytes = ' '.repeat(to - from - 1) + end;
      return [go({ ...w, fs: overwrite(w.fs, log, from, bytes) }, 'repair: search')];
    },
  },
  {
    name: 'repair: start',
    words: 'repair: looks at the start of the file',
    act: (w, setup) => {
      const text = dataOf(w.fs, w.run.log);
      const done =
        keeps(setup, 'check-filler') &&
        startsWithFiller2(text, intentOf(w), !keeps(setup, 'check-nonce'));
      if (done || !keeps(setup, 'rewrite')) return [go(w, 'sync collapse')];
      return [go(w, 'repair: rewrite')];
    },
  },
  {
    name: 'repair: rewrite',
    words: 'repair: writes the beginning of the fillers again',
    act: (w) => [go(halfFilled(w, 'first'), 'repair: rewrite rest')],
  },
  {
    name: 'repair: rewrite rest',
    words: 'repair: writes the rest of the fillers again',
    act: (w) => [go(halfFilled(w, 'last'), 'sync collapse')],
  },
  {
    name: 'plan',
    words: '1 plans',
    act: (w, setup) => {
      const log = w.fs.names.log ?? -1;
      const cut = planCut(dataOf(w.fs, log), setup.expired);
      if (w.compactions === 0 || cut === undefined) return [ended(w)];
      const intent = { ...cut, inode: log, nonce: w.nonce };
      const on = { ...w, compactions: w.compactions - 1, nonce: w.nonce + 1 };
      return [go(on, keeps(setup, 'intent') ? 'intent' : 'fillers', { log, intent })];
    },
  },
  {
    name: 'intent',
    words: '2 notes the intent',
    act: (w) => {
      const [fs] = create(w.fs, 'intent', JSON.stringify(intentOf(w)));
      return [go({ ...w, fs }, 'sync intent')];
    },
  },
  {
    name: 'sync intent',
    words: '2 fsyncs the directory',
    act: (w, setup) => {
      const fs = keeps(setup, 'fsync-intent') ? syncNames(w.fs) : w.fs;
      return [go({ ...w, fs }, 'fillers')];
    },
  },
  {
    name: 'fillers',
    words: '3 writes the beginning of the fillers',
    act: (w, setup) => {
      if (!keeps(setup, 'fillers')) return [go(w, 'sync fillers')];
      return [go(halfFilled(w, 'first'), 'fillers rest')];
    },
  },
  {
    name: 'fillers rest',
    words: '3 writes the rest of the fillers',
    act: (w) => [go(halfFilled(w, 'last'), 'sync fillers')],
  },
  {
    name: 'sync fillers',
    words: '3 fdatasyncs the file',
    act: (w, setup) => {
      const fs = keeps(setup, 'fsync-fillers') ? syncData(w.fs, w.run.log) : w.fs;
      return [go({ ...w, fs }, 'collapse', { from: 0, to: intentOf(w).a, then: 'sync collapse' })];
    },
  },
  {
    name: 'collapse',
    words: '4 calls for the collapse',
    act: (w) => {
      const { log, from, to } = w.run;
      const call = { inode: log, at: from, length: to - from, own: true };
      return [go({ ...w, collapses: [...w.collapses, call] }, 'wait')];
    },
  },
  {
    name: 'wait',
    words: '4 the call returns',
    act: (w) => (w.collapses.some((call) => call.own) ? [] : [go(w, w.run.then, { then: '' })]),
  },
  {
    name: 'sync collapse',
    words: '4 fdatasyncs the file',
    act: (w, setup) => {
      const fs = keeps(setup, 'fsync-collapse') ? syncData(w.fs, w.run.log) : w.fs;
      return [go({ ...w, fs }, 'unlink intent')];
    },
  },
  {
    name: 'unlink intent',
    words: '4 removes the intent',
    act: (w) => {
      const fs = w.fs.names.intent === undefined ? w.fs : changeNames(w.fs, { intent: null });
      return [go({ ...w, fs }, 'sync end')];
    },
  },
  {
    name: 'sync end',
    words: '4 fsyncs the directory',
    act: (w, setup) => {
      const fs = keeps(setup, 'fsync-end') ? syncNames(w.fs) : w.fs;
      return [go({ ...w, fs }, 'plan', { ...RESTING })];
    },
  },
];

function go(w: InPlaceWorld, step: string, learnt: Partial<InPlaceRun> = {}): InPlaceWorld {
  return { ...w, run: { ...w.run, ...learnt, step } };
}

function intentOf(w: InPlaceWorld): Intent {
  if (w.run.intent === undefined) throw new Error('no intent');
  return w.run.intent;
}

function overwrite(fs: FileSystem, index: number, at: number, bytes: string): FileSystem {
  return changeData(fs, index, { kind: 'overwrite', at, bytes }, { torn: inodeAt(fs, index).torn });
}

/** One write, of which a kill may leave the first page only. */
function halfFilled(w: InPlaceWorld, part: 'first' | 'last'): InPlaceWorld {
  const intent = intentOf(w);
  const bytes = fillersOf(intent);
  const page = BLOCK - (intent.s % BLOCK);
  const at = part === 'first' ? intent.s : intent.s + page;
  const written = part === 'first' ? bytes.slice(0, page) : bytes.slice(page);
  return { ...w, fs: overwrite(w.fs, w.run.log, at, written) };
}

/** The run is over: what is on the disk now is owed from here on. */
function ended(w: InPlaceWorld): InPlaceWorld {
  const durable = inodeAt(w.fs, w.fs.names.log ?? -1).durable;
  const letters = [...w.acknowledged, ...w.glued];
  const owed = letters.filter((l) => w.promised.includes(l) || holdsRecord(durable, l));
  return { ...w, promised: owed.sort().join(''), run: { ...RESTING, step: 'done' } };
}
