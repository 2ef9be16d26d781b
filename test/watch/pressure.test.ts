import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { disk } from '../support/mounts.js';
import { isRoot } from '../support/papyra.js';
import { startWatch } from './run.js';

const WAIT = { timeout: 40_000, interval: 100 };
const MB = 1_000_000;

/** Records of 200 bytes, the oldest as old as is said, the newest from now. */
function records(bytes: number, ageSeconds: number): string {
  const count = Math.floor(bytes / 200);
  const start = Date.now() / 1000 - ageSeconds;
  const lines = Array.from({ length: count }, (_, n) => {
    const head = `{"kind":"event","n":${n},"timestamp":${(start + (ageSeconds * n) / count).toFixed(3)},"pad":"`;
    return `${head}${'x'.repeat(197 - head.length)}"}\n`;
  });
  return lines.join('');
}

const freeOn = (point: string): number => {
  const { bavail, bsize } = statfsSync(point);
  return bavail * bsize;
};

test.skipIf(!isRoot)(
  'free space below --min-free starts a run at once; where retention is not enough, the oldest records go',
  async () => {
    const point = disk('ext4', ['-m', '0']);
    const log = join(point, 'events.ndjson');
    // Two days, of which the last hour is a small part: that stays whatever happens.
    writeFileSync(log, records(20 * MB, 2 * 86_400));
    const flags = ['--path', log, '--max-age', '1d', '--every', '1h', '--min-free', '25MB'];
    const watch = startWatch(['watch', ...flags]);
    await expect.poll(() => watch.said(/compacted, 10\.0 MB reclaimed/), WAIT).toBe(true);
    expect(watch.said('less than the 25.0 MB of --min-free')).toBe(false);
    // Something else fills the disk: nothing has expired now.
    const other = join(point, 'other');
    writeFileSync(other, Buffer.alloc(freeOn(point) - 20 * MB));
    await expect.poll(() => watch.said('less than the 25.0 MB of --min-free'), WAIT).toBe(true);
    await expect.poll(() => freeOn(point), WAIT).toBeGreaterThanOrEqual(25 * MB);
    rmSync(other);
    // More than there is: what may not go stays, and that is said once.
    writeFileSync(other, Buffer.alloc(Math.max(0, freeOn(point) - 5 * MB)));
    await expect.poll(() => watch.said('no more can go now'), WAIT).toBe(true);
    rmSync(other);
    await expect.poll(() => watch.said('free again'), WAIT).toBe(true);
    expect(await watch.stop()).toBe(0);
  },
);
