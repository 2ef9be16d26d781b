// Checks that the runtime still rotates the log, and with the max_bytes and max_files that papyra knows.
import { basename } from 'node:path';
import { formatBytes } from '../output/text.js';
import { fail, pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { logOf } from './facts.js';

export const rotation: Check = (facts) => {
  const log = logOf(facts);
  if (!log?.rotation) return null;
  const { maxBytes, maxFiles, active, top, isFull, tooHigh } = log.rotation;
  const highest = tooHigh.at(-1);
  if (highest !== undefined) {
    const files = Number(highest.slice(highest.lastIndexOf('.') + 1)) + 1;
    return fail(
      `${highest} is there, but a set of ${maxFiles} files ends with .${maxFiles - 1}: max_files is not what the runtime is configured with`,
      facts.papyra('doctor', '--max-files', String(files)),
    );
  }
  const size = formatBytes(active);
  if (maxFiles === 1 || active <= maxBytes) return pass(`${size} of ${formatBytes(maxBytes)}`);
  const name = basename(log.path);
  if (!isFull) {
    return warn(`${name} has ${size} and was not rotated at ${formatBytes(maxBytes)}: max_bytes is not what the runtime is configured with`, typed('ls', '-l', log.directory.path)); // prettier-ignore
  }
  const reason = `rotation has stalled: ${top} is there, and ${name} has grown to ${size}; it goes on when a run has removed ${top}`;
  const next = facts.papyra('persistence compact');
  return active > 2 * maxBytes ? fail(reason, next) : warn(reason, next);
};
