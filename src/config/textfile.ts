// Refuses a metrics textfile that would replace the log, a file of papyra, or a file of the configuration.
import { isRotated, OWN_FOLDER, ownPrefix } from '../files/file-names.js';
import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { linkChain } from '../files/links.js';
import { isSameFile } from './same-file.js';
import type { EffectiveConfig } from './types.js';

/** The files that the textfile must not replace. */
export type Guarded = Pick<EffectiveConfig, 'file' | 'store' | 'archive' | 'secretFiles'>;

/**
 * Compares names and inodes, not contents: before its first record a log is empty or does not exist.
 *
 * @throws {PapyraError} `config_invalid` when the textfile is the log, one of its other files or of papyra's
 * beside it, or one of the configuration.
 */
export function assertNobodyElses(textfile: string, guarded: Guarded): void {
  const whose = whoseIs(textfile, guarded);
  if (whose === undefined) return;
  throw new PapyraError(
    'config_invalid',
    `${guarded.file ?? 'the configuration'}: metrics.textfile: ${textfile} is ${whose}`,
    { hint: 'name a file that is for the metrics alone, such as /var/lib/node_exporter/papyra.prom; nothing was done' }, // prettier-ignore
  );
}

function whoseIs(textfile: string, guarded: Guarded): string | undefined {
  const { file, store, archive, secretFiles } = guarded;
  const is = (path: string): boolean => isSameFile(textfile, path);
  if (file !== null && is(file)) return 'the configuration itself';
  if (archive !== undefined && is(archive)) return 'the directory of the archives';
  if (secretFiles.some(is)) return 'a file with a password or a key in it';
  if (store.backend !== 'json' && store.backend !== 'rotating') return undefined;
  if (is(store.path)) return 'the log itself';
  for (const log of linkChain(store.path)) {
    for (const path of linkChain(textfile)) {
      const role = besideLog(path, log, store.backend);
      if (role !== undefined) return role;
    }
  }
  return undefined;
}

const OURS = 'where papyra keeps files of its own';

function besideLog(path: string, log: string, backend: 'json' | 'rotating'): string | undefined {
  const directory = dirname(log);
  if (isSameFile(dirname(path), join(directory, OWN_FOLDER))) return OURS;
  if (!isSameFile(dirname(path), directory)) return undefined;
  const [name, logName] = [basename(path), basename(log)];
  if (name.startsWith(ownPrefix(logName))) return OURS;
  return backend === 'rotating' && isRotated(logName, name)
    ? 'a file of the rotating set'
    : undefined;
}
