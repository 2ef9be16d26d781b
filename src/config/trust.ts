import { statSync } from 'node:fs';
import { PapyraError } from '../errors.js';

/** Writable by the group or by everybody. */
const WRITABLE_BY_OTHERS = 0o022;

export interface TrustQuestion {
  file: string;
  /** What it is, for the message. */
  what: 'configuration' | 'backend module';
  /** It is executed, or names what is executed. */
  code: boolean;
  /** The operator named it with `--config` or PAPYRA_CONFIG. */
  explicit: boolean;
}

/**
 * Whose word counts. Code is executed only when the operator named it, or when it is the operator's
 * own and nobody else can write it. Run as root, everything that is read must be root's own and
 * writable by no one else: the rule of logrotate, because whoever can write it would be root.
 *
 * @throws {PapyraError} `config_invalid` when the file does not pass.
 */
export function assertTrusted({ file, what, code, explicit }: TrustQuestion): void {
  const uid = process.geteuid?.();
  if (uid === undefined) return;
  const root = uid === 0;
  if (!root && (!code || explicit)) return;

  const stat = statSync(file);
  const foreign = stat.uid !== uid;
  if (!foreign && (stat.mode & WRITABLE_BY_OTHERS) === 0) return;
  const why = foreign
    ? `it belongs to user ${stat.uid}, not to ${root ? 'root' : `user ${uid}`}`
    : `its group or others can write it (mode ${(stat.mode & 0o7777).toString(8).padStart(4, '0')})`;
  const mend = foreign ? `chown ${root ? 'root' : uid} ${file}` : `chmod go-w ${file}`;
  throw new PapyraError('config_invalid', `${what} ${file} is not used: ${why}`, {
    hint: root ? `${mend}, or run papyra as its owner` : `${mend}, or name it with --config`,
  });
}
