// Contenders that several cases of logs share.
import type { Bound } from './contender.js';
import { type LogContender, PAPYRA } from './log-case.js';

export const COPY: LogContender = { name: 'cp + sync', command: 'cp LOG OUT && sync OUT' };

/** The cutoff as an age, counted back from now. */
export const AGE = '--max-age AGEs';

/** A compaction; `flags` are shown but for the limits. */
export function papyra(
  flags: string,
  limits = AGE,
  more: { compare?: 'bytes' | 'count' | 'nothing'; bound?: Bound; free?: number } = {},
): LogContender {
  const { compare = 'bytes', ...rest } = more;
  return {
    name: flags === '' ? 'papyra' : `papyra ${flags}`,
    command: `${PAPYRA} ${limits} ${flags}`,
    ...(compare === 'nothing' ? {} : { result: { file: 'LOG', compare } }),
    ...rest,
  };
}

/** Nothing goes: the log is only read. */
export const NOTHING: LogContender = {
  ...papyra('', '--max-age 1000w', { compare: 'nothing' }),
  name: 'papyra, nothing expired',
};
