import { compareOld, recoveryFor } from '../../src/files/recovery-table.js';
import { CALM } from './drain.js';
import { appendTo, changeNames, dataOf, inodeAt } from './file-system.js';
import { END, isUnterminated, wholeLength } from './lines.js';
import { missingLines } from './reconcile.js';
import { ended, IDLE, oldLinks, type Setup, type World } from './replace-world.js';
import { go, has, withFiles, type Step } from './step.js';
import { someoneAt } from './writers.js';

/** Step 1: the clean-up by the table, and rule R. */
export const RECOVERY: readonly Step[] = [
  {
    name: 'recover',
    words: '1 looks what a killed run has left',
    act: (w, setup) => recover(w, setup),
  },
  {
    name: 'remove old',
    words: '1 unlinks the old link',
    act: (w) => {
      const gone = Object.fromEntries(oldLinks(w.fs.names).map((name) => [name, null]));
      return [go(withFiles(w, changeNames(w.fs, gone)), 'recover')];
    },
  },
  {
    name: 'remove temp',
    words: '1 unlinks the temp',
    act: (w) => [go(withFiles(w, changeNames(w.fs, { temp: null })), 'recover')],
  },
  {
    name: 'R',
    words: 'R reads the end of the new file',
    act: (w, setup) => {
      const open = isUnterminated(dataOf(w.fs, w.run.temp)) && has(setup, 'r-newline');
      return [go(w, open ? 'R: end line' : 'R: compare')];
    },
  },
  {
    name: 'R: end line',
    words: 'R writes a newline first',
    act: (w) => {
      if (inodeAt(w.fs, w.run.temp).busy) return [];
      return [go(withFiles(w, appendTo(w.fs, w.run.temp, END, { torn: 'no' })), 'R: compare')];
    },
  },
  {
    name: 'R: compare',
    words: 'R compares the old file and the new',
    act: (w, setup) => {
      const [x, s] = namesOf(w.run.link, setup);
      const oldText = dataOf(w.fs, w.run.log).slice(x);
      const queue = missingLines(oldText, dataOf(w.fs, w.run.temp).slice(s), {
        count: has(setup, 'count'),
        rescue: has(setup, 'rescue'),
        rescueChain: has(setup, 'rescue-chain'),
        rescueRest: has(setup, 'rescue-rest'),
      });
      const learnt = { offset: x + wholeLength(oldText), synced: s };
      const after = afterR(w, setup);
      if (queue.length === 0) return [go(w, after, { ...learnt, quiet: CALM.none })];
      const then = has(setup, 'repeat-r') ? 'R' : after;
      return [go(w, 'sync old', { ...learnt, queue, then })];
    },
  },
  {
    name: 'age',
    words: '7 looks how old the last change of the old file is',
    act: (w, setup) => {
      const young: World = { ...w, run: { ...IDLE, step: 'kept' } };
      // Old enough means that nobody is at it, not even unseen.
      const someone = someoneAt(w.writers, w.run.log) && has(setup, 'age');
      return someone ? [young] : [young, go(w, 'pass', { quiet: CALM.lookedAgain })];
    },
  },
];

function afterR(w: World, setup: Setup): string {
  if (w.run.restDone) return 'sync new';
  return has(setup, 'r-drain') ? 'calm' : 'torn rest';
}

function recover(w: World, setup: Setup): World[] {
  const { log, temp } = w.fs.names;
  const links = oldLinks(w.fs.names);
  const old = compareOld(
    log,
    links.map((name) => w.fs.names[name] ?? -1),
  );
  switch (recoveryFor({ log: log !== undefined, old, temp: temp !== undefined })) {
    case 'clean':
      return [begin(w)];
    case 'remove-temp':
      return [go(w, 'remove temp')];
    case 'remove-old-then-temp':
      if (has(setup, 'old-before-temp') || temp === undefined) return [go(w, 'remove old')];
      return [go(w, 'remove temp')];
    case 'finish-drain': {
      if (!has(setup, 'link-before-temp') && w.compactions > 0) return [begin(w)];
      const link = links[0] ?? '';
      return [go(w, 'R', { log: w.fs.names[link] ?? -1, temp: log ?? -1, link, recovering: true })];
    }
    case 'foreign-replacement':
    case 'log-moved':
      return [{ ...w, run: { ...IDLE, step: 'reported' } }];
  }
}

/** A run that only had to clean up is over; else it goes on to compact. */
function begin(w: World): World {
  if (w.compactions === 0) return ended({ ...w, run: { ...IDLE, recovering: true } }, 'done');
  return go({ ...w, compactions: w.compactions - 1 }, 'open');
}

function namesOf(link: string, setup: Setup): [number, number] {
  const [, x = '0', s = '0'] = link.split('.');
  return [has(setup, 'name-x') ? Number(x) : 0, has(setup, 'name-s') ? Number(s) : 0];
}
