// The columns of each group: of the tables on the terminal and of those in README.md.
import type { Group } from './contender.js';
import type { Row } from './document.js';

export interface Column {
  head: string;
  cell: (row: Row) => string;
}

const fixed = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '';

const RATIO: Column[] = [
  { head: '× first', cell: ({ ratio }) => fixed(ratio.median, 2) },
  { head: 'in the rounds', cell: ({ ratio: { lowest, highest } }) => (lowest === highest ? '' : `${fixed(lowest, 2)}–${fixed(highest, 2)}`) }, // prettier-ignore
];
const TIME: Column[] = [
  { head: 'seconds', cell: ({ figures }) => fixed(figures.seconds, 3) },
  ...RATIO,
];
const MEMORY: Column[] = [
  { head: 'peak MiB', cell: ({ figures }) => fixed(figures.peak_mib, 0) },
  { head: 'over Node', cell: ({ over_node_mib }) => fixed(over_node_mib, 0) },
];
const LOG = [...TIME, ...MEMORY];

export const COLUMNS: Record<Group, Column[]> = {
  log: LOG,
  read: LOG,
  large: LOG,
  disks: [
    ...LOG,
    { head: 'MB freed', cell: ({ figures }) => String(Math.round(figures.freed_mb ?? 0) + 0) },
  ],
  redis: [
    { head: 'ms', cell: ({ figures }) => fixed(figures.seconds * 1000, 0) },
    ...RATIO,
    { head: 'with its start', cell: ({ figures }) => fixed(figures.process, 0) },
    { head: 'commands: half', cell: ({ figures }) => fixed(figures.p50, 1) },
    { head: '99 of 100', cell: ({ figures }) => fixed(figures.p99, 1) },
    { head: 'longest', cell: ({ figures }) => fixed(figures.slowest, 1) },
    { head: 'longest PING', cell: ({ figures }) => fixed(figures.ping, 1) },
  ],
};
