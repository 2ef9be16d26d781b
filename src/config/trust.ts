// Decides by owner and mode whether a configuration, a backend module or a hook may be used.
import { lstatSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PapyraError } from '../errors/errors.js';

/** Writable by the group or by everybody. */
const WRITABLE_BY_OTHERS = 0o022;

export interface TrustQuestion {
  file: string;
  /** What it is, for the message. */
  what: 'configuration' | 'backend module' | 'hook' | 'Python';
  /** The file is executed, or names what is executed. */
  code: boolean;
  /** The operator named it with `--config` or PAPYRA_CONFIG. */
  explicit: boolean;
}

/**
 * Code is executed only when the operator named it, or when the operator owns it and nobody else can write it. Root may
 * own a backend module or a hook as well. When papyra runs as root, root must own everything that it reads or executes,
 * and nobody else may write it (the rule of logrotate), because whoever can write it would become root. A symbolic link
 * on the way must belong to the operator or to root, because it decides which file is read.
 *
 * @throws {PapyraError} `config_invalid` when the file does not pass.
 */
export function assertTrusted({ file, what, code, explicit }: TrustQuestion): void {
  const uid = process.geteuid?.();
  if (uid === undefined) return;
  if (uid !== 0 && (!code || explicit)) return;

  const otherwise = uid === 0 ? 'run papyra as its owner' : 'name the configuration with --config';
  const refuse = (why: string, mend: string) =>
    new PapyraError('config_invalid', `${what} ${file} is not used: ${why}`, {
      hint: `${mend}, or ${otherwise}`,
    });
  const wanted = uid === 0 ? 'root' : `user ${uid}`;
  const { stat, links } = followed(file);
  for (const link of links) {
    if (link.uid === uid || link.uid === 0) continue;
    throw refuse(
      `the symbolic link ${link.path} belongs to user ${link.uid}, not to ${wanted}`,
      'name the file itself',
    );
  }
  if (stat.uid !== uid && (what === 'configuration' || stat.uid !== 0)) {
    const chown = `chown ${uid === 0 ? 'root' : uid} ${file}`;
    throw refuse(`it belongs to user ${stat.uid}, not to ${wanted}`, chown);
  }
  if ((stat.mode & WRITABLE_BY_OTHERS) !== 0) {
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
    throw refuse(`its group or others can write it (mode ${mode})`, `chmod go-w ${file}`);
  }
}

/** The file at the end of a chain of symbolic links, and the owners of the links. The kernel follows at most 40. */
function followed(file: string): { stat: Stats; links: { path: string; uid: number }[] } {
  const links: { path: string; uid: number }[] = [];
  let path = file;
  let stat = lstatSync(path);
  while (stat.isSymbolicLink() && links.length < 40) {
    links.push({ path, uid: stat.uid });
    const next = resolve(dirname(path), readlinkSync(path));
    // The links of /dev/fd have no path to follow.
    stat = lstatSync(next, { throwIfNoEntry: false }) ?? statSync(path);
    path = next;
  }
  return { stat, links };
}
