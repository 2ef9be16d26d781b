import { execa, execaSync } from 'execa';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { placeOrSkip } from '../places/log.js';
import { disk, openDirectory } from '../support/mounts.js';
import { isRoot } from '../support/papyra.js';
import { testSeed } from '../support/random.js';
import { FILE_SYSTEMS, makeBase, mountImage, partsOf, systemOf } from './disk.js';
import type { Cut } from './history.js';
import { cutPower, cutsOf } from './power-cut.js';
import { forget, recordSession, type Recording, type SessionOptions } from './session.js';
import { sweepDisks } from './sweep.js';

const soak = process.env['PAPYRA_SOAK'] === '1';

let recording: Recording | undefined;
afterEach(() => {
  if (recording) forget(recording);
  recording = undefined;
});

/** Faults of the first of so many power failures that has some. */
async function firstFaults(
  seed: number,
  count: number,
  options: SessionOptions,
  change: Partial<Cut>,
) {
  // prettier-ignore
  recording = await recordSession(seed, options);
  for (const [number, cut] of cutsOf(recording, count).entries()) {
    const faults = await cutPower(recording, { ...cut, ...change }, seed + number).catch((error: unknown) => {
      // A disk that lies may lose the file system itself.
      if (change.cache !== 'lying' || !String(error).includes('cannot mount')) throw error;
      return ['all is lost: it cannot be mounted'];
    }); // prettier-ignore
    if (faults.length > 0) return faults.join('\n');
  }
  return 'nothing was found';
}

/** Each call is answered with success, and nothing is done. */
const WITHOUT_SYNCS = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:retval=0']; // prettier-ignore

const TRIED = FILE_SYSTEMS.slice(0, soak ? undefined : 1).map((system) => ({ ...system, system }));

describe.runIf(isRoot)('a power failure at any instant, whatever the cache of the disk held', () => {
  test.for(TRIED)('$name: what was durable is there once, whole, and nothing is left over or refused', { timeout: 1_800_000 }, async ({ name, system }, { skip }) => {
    placeOrSkip(skip, () => disk(system.kind, system.make));
    const seed = testSeed(`power failures, ${name}`);
    const { failed, ...tried } = await sweepDisks({ seed, sessions: soak ? 4 : 1, until: Infinity, cuts: soak ? 40 : 4, system });
    console.log(JSON.stringify(tried));
    expect(failed).toEqual([]);
  });

  test('an image that another namespace of mounts still holds is not mounted again with what it held', async () => {
    const system = systemOf('ext4 data=ordered')!;
    const directory = openDirectory('images');
    const { base, point } = partsOf(directory);
    await makeBase(directory, system, () => undefined);
    const undo = mountImage(base, point, system);
    const other = execa('unshare', ['--mount', 'sleep', '1'], { reject: false });
    while (readlinkSync(`/proc/${other.pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt')) await sleep(5); // prettier-ignore
    await undo();
    expect(execaSync('losetup', ['--associated', base]).stdout).toBe('');
    await other;
  });

  test('a disk that forgets what it was told to keep is found out', async () => {
    const system = systemOf('ext4 data=ordered');
    const change = { cache: 'lying', share: 0.5 } as const;
    expect(await firstFaults(3, 40, { system }, change)).toMatch(/lost/);
  }, 120_000);

  test.runIf(soak)('a papyra that leaves out its syncs is found out', async () => {
    const options = { system: systemOf('xfs'), under: WITHOUT_SYNCS };
    expect(await firstFaults(3, 20, options, { cache: 'lost' })).toMatch(/lost/);
  }, 300_000);
}); // prettier-ignore
