// Defines the names of the files that papyra opens, makes and removes in the directory of a log.
//
// The owner of that directory can put anything under any of these names, also between two calls. As root, papyra
// touches nothing that this user could not touch:
//
// | Name                                  | What protects it                                                        |
// | ------------------------------------- | ----------------------------------------------------------------------- |
// | the path of the log                   | a link is followed only if root or the owner of its target made it      |
// | the directory of the log, the archive | held open, component by component, without following links; calls use it |
// | the log, PATH.N                       | no link followed; a file; no hard link to the file of another user      |
// | lock, metrics.lock                    | the same, and it belongs to the owner of the log                        |
// | old.X.S                               | the same, before anything in it comes into the log                      |
// | tmp, new, probe, probe.link           | never opened: removed, and made anew with O_EXCL                        |
// | intent                                | a link that is read, and never followed                                 |
// | .papyra/                              | held open, no link followed; it belongs to the owner of the log         |
// | metrics.json, index                   | read as the lock is; replaced by a new file, never written to           |
// | metrics.json.tmp, index.tmp           | never opened: removed, and made anew with O_EXCL                        |
// | the archive's temporary name          | the same; renamed only while it is the file that was written            |
// | the metrics textfile                  | a link is replaced, not followed; its content is never shown            |
// | *.compact.tmp of the runtime          | looked at, never opened                                                 |
//
// test/places/hostile-owner.test.ts and hostile-swaps.test.ts try all of it.
import { ownName } from './file-names.js';
import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { holdDirectory } from './directory.js';
import { attempt } from '../errors/system-error.js';

/** All names start with a dot: the runtime's health scan flags other names that start with that of the log. */
export interface LogNames {
  /** The real path of the log, which identifies it and stands in messages. */
  log: string;
  /** The path of the log through `directory`: system calls use this one. */
  entry: string;
  directory: string;
  /** Held with flock(2) while a run works (lock.ts). */
  lock: string;
  /** The next content of the log, until it is renamed over the log. */
  temp: string;
  /** Rotating set: a second name of the new active file, until the old one is drained. */
  fresh: string;
  /** Beginning of the names of old links (old-link.ts). */
  old: string;
  /** What a removal in place is about to do (intent.ts). */
  intent: string;
  /** A file for trying out the file system where that needs a name (obstacles.ts), and its second name. */
  probe: string;
  probeLink: string;
}

/** A file name has 255 bytes at most; the longest name that is made from the log's adds some 60. */
const MAX_NAME_BYTES = 190;

/**
 * `log` must be a real path: these files are beside the log itself, not beside a link to it. `directory` is needed to
 * make or open one of them: a path to the directory that nobody can redirect (directory.ts).
 *
 * @throws {PapyraError} `io_error` when the name of the log is too long.
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
  // Throws when the name is too long, before anything is opened.
  namesFor(log);
  const held = attempt('open the directory', dirname(log), () => holdDirectory(dirname(log)));
  return { names: namesFor(log, held.path), release: () => held.close() };
}
