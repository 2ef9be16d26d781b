/**
 * What papyra opens, makes and removes in the directory of a log. Whoever owns that directory can put anything under
 * any of these names, also between two calls. As root, papyra touches nothing that this user could not touch:
 *
 * | Name                                  | What is done against what has its place                              |
 * | ------------------------------------- | -------------------------------------------------------------------- |
 * | the way to the log                    | a link counts only when root or the owner of what is there made it   |
 * | the directory of the log, the archive | held open, part by part, no link followed; calls go through that     |
 * | the log, PATH.N                       | no link followed; a file; no hard link to a file of somebody else    |
 * | lock, metrics.lock                    | the same, and it belongs to the owner of the log                     |
 * | old.X.S                               | the same; only then what is in it comes into the log                 |
 * | tmp, new, probe, probe.link           | never opened: removed, and made anew where nothing is                |
 * | intent                                | a link that is read, and never followed                              |
 * | .papyra/                              | held open, no link followed; it belongs to the owner of the log      |
 * | metrics.json, index                   | read as the lock is; replaced by a new file, never written to        |
 * | metrics.json.tmp, index.tmp           | never opened: removed, and made anew where nothing is                |
 * | the archive's temporary name          | the same; renamed only while it is the file that was written         |
 * | the metrics textfile                  | a link is replaced, not written through; nothing of it is shown      |
 * | *.compact.tmp of the runtime          | looked at, never opened                                              |
 *
 * test/places/hostile-owner.test.ts and hostile-swaps.test.ts try all of it.
 */

import { ownName } from './file-names.js';
import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { holdDirectory } from './directory.js';
import { attempt } from '../errors/system-error.js';

/**
 * Every file that papyra makes beside a log. All start with a dot: the runtime's health scan flags
 * whatever starts with the log's own name and is not part of it.
 */
export interface LogNames {
  /** The real path of the log, for messages and to know it by. */
  log: string;
  /** The name of the log in its directory: what calls use. */
  entry: string;
  directory: string;
  /** Held with flock(2) while a run works. Stays for ever: unlinking a lock file is a race. */
  lock: string;
  /** The log's next content, until it is renamed over the log. */
  temp: string;
  /** Of a rotating set: another name of its new active file, until that is drained into. */
  fresh: string;
  /** Beginning of the names of old links: see old-link.ts. */
  old: string;
  /** What a removal of the head in place is about to do. */
  intent: string;
  /** A file on which is tried out what the file system can do, where that needs a name; gone again at once. */
  probe: string;
  /** Its second name. */
  probeLink: string;
}

/** A file name has 255 bytes at most; the longest one that is made of the log's adds some 60. */
const MAX_NAME_BYTES = 190;

/**
 * `log` must be a real path: these files sit beside the log itself, not beside a link to it. `directory`: a path
 * to its directory that nobody can turn elsewhere (directory.ts), for whoever makes or opens one of them.
 *
 * @throws {PapyraError} `io_error` when its name is too long for names that are made of it.
 */
export function namesFor(log: string, directory = dirname(log)): LogNames {
  const name = basename(log);
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES) {
    throw new PapyraError('io_error', `the name of ${log} is too long: ${bytes} bytes`, {
      hint: `nothing was done; files beside it are named after it, so it may have ${MAX_NAME_BYTES} bytes`,
    });
  }
  return {
    log,
    entry: join(directory, name),
    directory,
    lock: join(directory, ownName(name, 'lock')),
    temp: join(directory, ownName(name, 'tmp')),
    fresh: join(directory, ownName(name, 'new')),
    old: join(directory, ownName(name, 'old')),
    intent: join(directory, ownName(name, 'intent')),
    probe: join(directory, ownName(name, 'probe')),
    probeLink: join(directory, ownName(name, 'probe.link')),
  };
}

/** The same through a directory that is held open until `release`. */
export function holdNames(log: string): { names: LogNames; release: () => void } {
  // Before anything is opened: it may be too long.
  namesFor(log);
  const held = attempt('open the directory', dirname(log), () => holdDirectory(dirname(log)));
  return { names: namesFor(log, held.path), release: () => held.close() };
}
