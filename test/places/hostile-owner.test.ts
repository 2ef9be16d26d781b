import {
  lchownSync,
  linkSync,
  lstatSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot, PLAIN_USER } from '../support/papyra.js';
import { compaction, expectNoHarm, give, LARGE, onStage, plant, PLANTS, swapFor, type Attempt, type Plant, type Stage } from './hostile-stage.js'; // prettier-ignore
import { title } from './log.js';

type Mode = (stage: Stage) => string[];
const rewrite: Mode = ({ log }) => compaction(log);
const inPlace: Mode = ({ log }) => compaction(log, '--in-place');
const archive: Mode = ({ log, archive: to }) => compaction(log, '--archive', to);
const rotating: Mode = ({ log }) => compaction(log, '--backend', 'rotating', '--max-bytes', '1MB', '--max-files', '3', '--offline'); // prettier-ignore
const dryRun: Mode = ({ log }) => compaction(log, '--dry-run');
const doctor: Mode = ({ log }) => ['doctor', '--path', log];
const show: Mode = ({ log }) => ['metrics', 'persistence', '--path', log];
const reset: Mode = ({ log }) => ['metrics', 'reset', '--path', log];
const configured = (...command: string[]): Mode => ({ config, log, archive: to }) => {
  const persistence = { backend: 'json', path: log, retention: { max_age: '52w' } };
  writeFileSync(config, JSON.stringify({ persistence, metrics: { textfile: join(to, 'papyra.prom') } })); // prettier-ignore
  return ['--config', config, ...command];
}; // prettier-ignore

const beside = (end: string) => `data/.events.ndjson.papyra.${end}`;
const kept = (end: string) => `data/.papyra/events.ndjson.${end}`;
const LOG = 'data/events.ndjson';

/** In which ways of a run each name is tried. */
const NAMES: [name: string, modes: Record<string, Mode>, log?: string][] = [
  [LOG, { 'a rewrite': rewrite, '--in-place': inPlace, doctor, 'a reset of the metrics': reset, 'a look at the metrics': show }], // prettier-ignore
  [beside('lock'), { 'a rewrite': rewrite, doctor }],
  [beside('tmp'), { 'a rewrite': rewrite }],
  [beside('new'), { 'a run on a set': rotating }],
  [beside('old.0.0'), { 'a rewrite': rewrite, 'a run on a set': rotating, 'a dry run': dryRun }],
  [beside('intent'), { '--in-place': inPlace, 'a run on a set': rotating }],
  [beside('probe'), { 'a rewrite': rewrite }],
  [beside('probe.link'), { 'a rewrite': rewrite }],
  ['data/.papyra', { 'a rewrite': rewrite, 'a look at the metrics': show, doctor }],
  [kept('metrics.json'), { 'a rewrite': rewrite, 'a look at the metrics': show, 'a reset of the metrics': reset, doctor }], // prettier-ignore
  [kept('metrics.lock'), { 'a rewrite': rewrite, 'a reset of the metrics': reset }],
  [kept('metrics.json.tmp'), { 'a reset of the metrics': reset }],
  [kept('index'), { 'a rewrite of a large log': rewrite }, LARGE],
  [kept('index.tmp'), { 'a rewrite of a large log': rewrite }, LARGE],
  [`${LOG}.1`, { 'a run on a set': rotating }],
  ['data/events.compact.tmp', { 'a rewrite': rewrite, doctor }],
  ['archive', { 'a rewrite with an archive': archive }],
  ['archive/papyra.prom', { 'a run with a textfile': configured('persistence', 'compact') }],
];

describe.skipIf(!isRoot)(title('the hostile owner of a directory'), () => {
  describe.concurrent.each(NAMES)('puts something in the place of %s', (name, modes, content) => {
    for (const [way, mode] of Object.entries(modes)) {
      for (const what of Object.keys(PLANTS) as Plant[]) {
        test(`${what} leads ${way} to nothing of root`, () =>
          onStage(async (stage) => {
            if (content !== undefined) give(stage.log, content);
            plant(what, stage, join(stage.home, name));
            await expectNoHarm(stage, { args: mode(stage) });
          }));
      }
    }
  });

  /** A log of root, whose companions are then root's, too. */
  const ownedByRoot = (stage: Stage) => lchownSync(stage.log, 0, 0);
  const link = (target: string, path: string) => {
    symlinkSync(target, path);
    lchownSync(path, PLAIN_USER, PLAIN_USER);
  };
  const swapDirectory = (stage: Stage) => swapFor(stage.data, join(stage.vault, 'logs'));
  const linkedLog = (stage: Stage) => {
    const path = join(stage.home, 'way');
    link(stage.data, path);
    return path;
  };
  const turn = (stage: Stage, path: string) => {
    rmSync(path);
    link(join(stage.vault, 'logs'), path);
  };

  const TRICKS: [name: string, make: (stage: Stage) => Attempt | Promise<Attempt>][] = [
    ['a lock file that is a hard link to a file of root, beside a log of root, is not written to', (stage) => {
      ownedByRoot(stage);
      plant('a hard link to a secret of root', stage, join(stage.home, beside('lock')));
      return { args: rewrite(stage) };
    }],
    ['a lock of the metrics that is a hard link, beside a log that is one, is not written to', (stage) => {
      plant('a hard link to a secret of root', stage, stage.log);
      plant('a hard link to a secret of root', stage, join(stage.home, kept('metrics.lock')));
      return { args: reset(stage) };
    }],
    ['metrics of root that are a hard link are not shown where there is no log', (stage) => {
      plant('a directory', stage, join(stage.data, '.papyra'));
      linkSync(join(stage.vault, 'metrics.json'), join(stage.home, kept('metrics.json')));
      rmSync(stage.log);
      return { args: configured('metrics', 'persistence', '--json')(stage) };
    }],
    ['metrics of root that are a hard link are not shown beside a log of root', (stage) => {
      ownedByRoot(stage);
      plant('a directory', stage, join(stage.data, '.papyra'));
      linkSync(join(stage.vault, 'metrics.json'), join(stage.home, kept('metrics.json')));
      return { args: [...show(stage), '--json'] };
    }],
    ['a textfile of root that is a hard link does not come into the new one', (stage) => {
      linkSync(join(stage.vault, 'papyra.prom'), join(stage.archive, 'papyra.prom'));
      return { args: configured('persistence', 'compact')(stage) };
    }],
    ['a link to a textfile of root does not bring it into the new one', (stage) => {
      link(join(stage.vault, 'papyra.prom'), join(stage.archive, 'papyra.prom'));
      return { args: configured('persistence', 'compact')(stage) };
    }],
    ...(['compact', 'reset'] as const).map((what): (typeof TRICKS)[number] => [
      `a configured log that is a link to where nothing is makes no folder there: ${what}`, (stage) => {
        plant('a link to where nothing is', stage, stage.log);
        return { args: configured(...(what === 'reset' ? ['metrics', 'reset'] : ['persistence', 'compact']))(stage) };
      }]),
    ['a way to the log that is a link of his to a directory of root is refused', (stage) => {
      link(join(stage.vault, 'logs'), join(stage.home, 'way'));
      return { args: compaction(join(stage.home, 'way/events.ndjson')) };
    }],
    ['a way to the log that is a hard link to a link of root is refused', (stage) => {
      symlinkSync(join(stage.vault, 'logs'), join(stage.vault, 'current'));
      linkSync(join(stage.vault, 'current'), join(stage.home, 'way'));
      return { args: compaction(join(stage.home, 'way/events.ndjson')) };
    }],
    ['a pipe with a writer that never ends, in the place of the metrics, does not hang', (stage) => {
      plant('a pipe', stage, join(stage.home, kept('metrics.json')));
      return { args: show(stage) };
    }],
    ['the log is swapped for a hard link to a log of root while the lock is taken', (stage) => ({
      args: rewrite(stage),
      at: { call: 'flock' },
      swap: () => {
        rmSync(stage.log);
        linkSync(join(stage.vault, 'logs/events.ndjson'), stage.log);
      },
    })],
    ['the same, of a removal in place', (stage) => ({
      args: inPlace(stage),
      at: { call: 'flock' },
      swap: () => {
        rmSync(stage.log);
        linkSync(join(stage.vault, 'logs/events.ndjson'), stage.log);
      },
    })],
    ['the same, of a set, with a rotated file', (stage) => {
      give(`${stage.log}.1`, '{"timestamp": 1.5}\n');
      const swap = () => {
        rmSync(`${stage.log}.1`);
        linkSync(join(stage.vault, 'logs/events.ndjson.1'), `${stage.log}.1`);
      };
      return { args: rotating(stage), at: { call: 'flock' }, swap };
    }],
    ['the log is swapped for a link to a log of root while the lock is taken', (stage) => ({
      args: rewrite(stage),
      at: { call: 'flock' },
      swap: () => {
        rmSync(stage.log);
        link(join(stage.vault, 'logs/events.ndjson'), stage.log);
      },
    })],
    ['a way to the log is turned to a directory of root while its links are read', (stage) => {
      const path = linkedLog(stage);
      return { args: compaction(join(path, 'events.ndjson')), at: { call: 'readlink', path }, swap: () => turn(stage, path) };
    }],
    ['the same, of a set', (stage) => {
      const path = linkedLog(stage);
      return { args: rotating({ ...stage, log: join(path, 'events.ndjson') }), at: { call: 'readlink', path }, swap: () => turn(stage, path) };
    }],
    ['the same, of a reset of the metrics', (stage) => {
      const path = linkedLog(stage);
      return { args: reset({ ...stage, log: join(path, 'events.ndjson') }), at: { call: 'readlink', path }, swap: () => turn(stage, path) };
    }],
    ...['link', 'rename', 'unlink', 'fchown', 'mkdir', 'flock', 'fdatasync'].map((call): (typeof TRICKS)[number] => [
      `the directory of the log is swapped for a link to one of root at ${call}`, (stage) => ({
        args: rewrite(stage), at: { call }, swap: () => swapDirectory(stage),
      })]),
    ['the directory of a large log is swapped for a link to one of root before its index is made', (stage) => {
      give(stage.log, LARGE);
      return { args: rewrite(stage), at: { call: 'rename' }, swap: () => swapDirectory(stage) };
    }],
    ['the directory above is swapped for a link to one of root at the renaming', (stage) => ({
      args: rewrite(stage), at: { call: 'rename' }, swap: () => {
        symlinkSync(join(stage.vault, 'logs'), join(stage.vault, 'data'));
        swapFor(stage.data, join(stage.vault, 'data'));
      },
    })],
    ['the next content is swapped for a link to a secret before it is renamed', (stage) => ({
      args: rewrite(stage), at: { call: 'rename' }, swap: () => plant('a link to a secret of root', stage, join(stage.home, beside('tmp'))),
    })],
    ['the next content is swapped for a hard link to a secret before it is renamed', (stage) => ({
      args: rewrite(stage), at: { call: 'rename' }, swap: () => plant('a hard link to a secret of root', stage, join(stage.home, beside('tmp'))),
    })],
    ['the folder .papyra is put there as a link while papyra makes it', (stage) => ({
      args: rewrite(stage), at: { call: 'mkdir' }, swap: () => plant('a link to a directory of root', stage, join(stage.data, '.papyra')),
    })],
    ['the folder .papyra is swapped for a link when papyra has made it', (stage) => ({
      args: rewrite(stage), at: { call: 'mkdir', behind: true }, swap: () => plant('a link to a directory of root', stage, join(stage.data, '.papyra')),
    })],
    ['the archive directory is swapped for a link to one of root at the renaming', (stage) => ({
      args: archive(stage), at: { call: 'rename' }, swap: () => swapFor(stage.archive, join(stage.vault, 'logs')),
    })],
    ['the old link of a killed run is swapped for a hard link to a secret while the lock is taken', (stage) => ({
      args: rewrite(stage), at: { call: 'flock' }, swap: () => plant('a hard link to a secret of root', stage, join(stage.home, beside('old.0.0'))),
    })],
    ['an old link and the log are both hard links to files of root: neither comes into the other', (stage) => ({
      args: rewrite(stage), at: { call: 'flock' }, swap: () => {
        plant('a hard link to a secret of root', stage, join(stage.home, beside('old.0.0')));
        rmSync(stage.log);
        linkSync(join(stage.vault, 'logs/events.ndjson'), stage.log);
      },
    })],
    ['doctor looks at the log that it found, when the directory is swapped', (stage) => ({
      args: doctor(stage), at: { call: 'statfs' }, swap: () => swapDirectory(stage),
    })],
  ]; // prettier-ignore

  describe.concurrent('tries this', () => {
    test.each(TRICKS)('%s', (_name, make) =>
      onStage(async (stage) => {
        await expectNoHarm(stage, await make(stage));
      }),
    );

    test('a directory of root that he renames to .papyra while it is made stays root’s', () =>
      onStage(async (stage) => {
        const [theirs, mine] = [join(stage.data, 'backup'), join(stage.data, '.papyra')];
        plant('a directory', stage, theirs);
        lchownSync(theirs, 0, 0);
        writeFileSync(join(theirs, 'secret'), 'x');
        const swap = () => {
          rmSync(mine, { recursive: true });
          renameSync(theirs, mine);
        };
        await expectNoHarm(stage, { args: rewrite(stage), at: { call: 'mkdir', behind: true }, swap }); // prettier-ignore
        expect(lstatSync(mine).uid).toBe(0);
      }));
  });
});
