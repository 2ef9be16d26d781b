// Checks the surroundings of a log: rights, lock, writers and leftovers.
import { basename } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { ageInWords, plural } from '../units/units.js';
import { fail, pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { logOf, type Facts } from './facts.js';

/** This user may replace the log. */
export const rights: Check = (facts) => {
  const log = logOf(facts);
  if (!log) return null;
  const { foreign, directory } = log;
  if (foreign) {
    return fail(foreign.why.message, `sudo -u '#${foreign.uid}' ${facts.papyra('doctor')}`);
  }
  if (directory.writable) return pass('this user may replace the log');
  return fail(
    `this user may make no files in ${directory.path}, and the next content of the log must be made there`,
    typed('ls', '-ld', directory.path),
  );
};

/** Even a large log is compacted in less time. */
const LONG_MS = 2 * 3_600_000;

/** A lock can be taken, and no run has held it for hours. */
export const lock: Check = (facts) => {
  const log = logOf(facts);
  if (!log) return null;
  if (log.lock instanceof PapyraError) return fail(log.lock.message, log.lock.hint!);
  if (log.lock === null) return pass('no run is at work');
  if ('odd' in log.lock) {
    const { odd } = log.lock;
    return fail(`${odd} is not a regular file, and no run can lock it`, typed('ls', '-ld', odd));
  }
  const { pid, since, command } = log.lock;
  const who = `pid ${pid} (${command})`;
  const age = since === null ? 0 : facts.now - since.getTime();
  if (age < LONG_MS) return pass(`a run is at work: ${who}`);
  return warn(`${who} has held the lock for ${ageInWords(age / 1000)}: no other run can begin`, typed('ps', '-fp', String(pid))); // prettier-ignore
};

/** No process keeps the log open, as it would go on writing to the old file after a rewrite. */
export const writers: Check = (facts) => {
  const log = logOf(facts);
  if (!log || log.files.length === 0) return null;
  const [first] = log.writers;
  if (!first) return pass('no process that can be seen keeps the log open');
  const others = log.writers.length > 1 ? ` and ${plural(log.writers.length - 1, 'other')}` : '';
  const holds = `pid ${first.pid} (${first.command})${others} keeps the log open for writing`;
  if (log.writers.some(({ appends }) => !appends)) {
    return warn(`${holds}, and not to append: it can be neither rewritten nor shortened in place`, typed('ps', '-fp', String(first.pid))); // prettier-ignore
  }
  return warn(`${holds}: it cannot be rewritten, only shortened in place`, facts.papyra('persistence compact', '--in-place')); // prettier-ignore
};

/** A leftover that was changed more recently may belong to a run that cannot be seen from here, as in a container. */
const FRESH_MS = 60_000;

/** A crash of papyra or of the runtime left no files. */
export const leftovers: Check = (facts) => {
  const log = logOf(facts);
  if (!log) return null;
  return leftByUs(facts) ?? leftByRuntime(facts) ?? pass('nothing was left behind by a crash');
};

function leftByUs(facts: Facts) {
  const { leftovers: left, lock: holder, path, directory } = logOf(facts)!;
  const [first] = left.ours;
  if (!first) return null;
  if (holder !== null && 'pid' in holder) return null;
  if (left.ours.every(({ changed }) => facts.now - changed.getTime() < FRESH_MS)) return null;
  const names = left.ours.map((file) => basename(file.path)).join(', ');
  const look = typed('ls', '-la', directory.path);
  if (left.recovery === 'log-moved') {
    return fail(`${path} was moved away while papyra was at work; ${names} may hold records of it`, look); // prettier-ignore
  }
  if (left.recovery === 'foreign-replacement') {
    return fail(`another program replaced ${path} while papyra was at work; no run begins while ${names} are there`, look); // prettier-ignore
  }
  return warn(`a run was killed and left ${names}; the next run cleans up`, facts.papyra('persistence compact')); // prettier-ignore
}

function leftByRuntime(facts: Facts) {
  const { leftovers: left, directory } = logOf(facts)!;
  const old = left.ofRuntime.find(({ fresh }) => !fresh);
  if (!old) return left.ofRuntime[0] ? pass('the runtime is rewriting the log just now') : null;
  return warn(
    `${old.name} is a temporary file of the runtime, last changed ${old.changed.toISOString()}: remove it when the runtime has no use for it`,
    typed('ls', '-l', `${directory.path}/${old.name}`),
  );
}
