// Checks which programs follow the log line by line, because they notice each compaction.
import type { Reader } from '../files/followers.js';
import { plural } from '../units/units.js';
import { pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { logOf } from './facts.js';
import { followerOf, type Follower } from './known-followers.js';

export const followers: Check = (facts) => {
  const log = logOf(facts);
  if (!log || log.files.length === 0) return null;
  const { seen, blind } = log.readers;
  const known = new Map<Follower, Reader[]>();
  for (const reader of seen) {
    const follower = followerOf(reader);
    if (follower) known.set(follower, [...(known.get(follower) ?? []), reader]);
  }
  if (known.size > 0) {
    const sentences = [...known].map(([{ remedy }, readers]) => `${whoOf(readers)}: ${remedy}`);
    return warn(`${sentences.join('; ')}; see papyra-scheduling(7)`, typed('man', 'papyra-scheduling')); // prettier-ignore
  }
  const others = seen.filter(({ sees }) => sees !== 'directory');
  if (others.length > 0) return pass(`${whoOf(others)}: no known log shipper`);
  return pass(`no process that can be seen follows the log${blind === null ? '' : ` (${blind})`}`);
};

const VERBS = {
  file: ['reads the log', 'read the log'],
  watch: ['watches the log', 'watch the log'],
  directory: ['watches the directory of the log', 'watch the directory of the log'],
} as const;

/** `pid 7 (tail -F x) and 2 others read the log`. The verb is that of the first one. */
function whoOf(readers: readonly Reader[]): string {
  const [{ pid, command, sees }] = readers as [Reader];
  const others = readers.length - 1;
  const who = `pid ${pid} (${command})${others === 0 ? '' : ` and ${plural(others, 'other')}`}`;
  return `${who} ${VERBS[sees][others === 0 ? 0 : 1]}`;
}
