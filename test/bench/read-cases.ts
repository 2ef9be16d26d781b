// Cases of commands that only read.
import type { LogCase, LogContender } from './log-case.js';

/** It reads and counts the lines. */
const LINES: LogContender = { name: 'wc -l', command: 'wc -l LOG' };

const reading = (command: string): LogContender => ({
  name: `papyra ${command}`,
  command: `node BIN persistence ${command} --path LOG`,
});

export const READ_CASES: LogCase[] = [
  {
    name: 'scan, inspect, recover',
    group: 'read',
    contenders: [LINES, ...['scan', 'inspect', 'inspect --full', 'recover --dry-run'].map(reading)],
  },
];
