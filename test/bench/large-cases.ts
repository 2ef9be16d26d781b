// Cases of logs of gigabytes.
import type { LogCase, LogContender } from './log-case.js';
import { AGE, COPY, NOTHING, papyra } from './log-contenders.js';

/** Nothing that writes what stays is faster. */
const FLOOR: LogContender = {
  name: 'tail -c of what stays + sync',
  command: 'tail -c HALFBYTES LOG >OUT && sync OUT',
  result: { file: 'OUT', compare: 'bytes' },
};

export const TWO_GIGABYTES: LogCase = {
  name: '2 GB, age, half expired',
  group: 'large',
  times: 8,
  again: 1,
  contenders: [
    FLOOR,
    COPY,
    papyra('', AGE, { bound: { ratio: 1.25 } }),
    papyra('--offline', AGE, { bound: { ratio: 1.2 } }),
    papyra('--in-place', AGE, { compare: 'count' }),
    NOTHING,
  ],
};

const COUNTED = { compare: 'count' } as const;
/** Blocks are shared: what stays takes no time. */
const SHARED = { ...COUNTED, bound: { more: 0.15 } };

const onDisk = (disk: 'xfs' | 'btrfs', name: string, withRoom: LogContender): LogCase => ({
  name: `${name}, 1 GB, age, half expired`,
  group: 'disks',
  disk,
  times: 4,
  again: 1,
  contenders: [
    NOTHING,
    // Without this flag it shares blocks, too.
    { ...COPY, command: COPY.command.replace('cp', 'cp --reflink=never') },
    withRoom,
    { ...papyra('', AGE, { ...SHARED, free: 16 }), name: 'papyra, 16 MB free' },
  ],
});

export const DISK_CASES = [
  onDisk('xfs', 'XFS', papyra('', AGE, SHARED)),
  // Where the room is, it copies: that frees more.
  onDisk('btrfs', 'btrfs', papyra('', AGE, COUNTED)),
];
