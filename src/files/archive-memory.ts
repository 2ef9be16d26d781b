// Remembers, beside a log, the id of the store and where its last archive went: `.papyra/NAME.archive.json`.
//
// The first run makes the id, and remembers it before it writes anything with a name that is made of it: a run after a
// power loss, or in another container, finds that name again. The file is replaced as a whole after the manifest of an
// archive is there, under the lock of the store. A crash before that leaves what the run before remembered. Where it
// cannot be written, as on a full disk, the run goes on without.
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../errors/system-error.js';
import { replaceFile } from './durable.js';
import { holdNames } from './names.js';
import { makeOwnFolder, openOwnFolder, ownerOf, ownFolderPath, readKept } from './own-folder.js';

export interface Remembered {
  /** Of the store; it stays the same when host names and paths change. */
  store_id: string;
  /** The directory of the last archive, and what its file DIRECTORY_FILE said. Empty: there was none yet. */
  directory: string;
  directory_id: string;
  /** The last run that wrote an archive. */
  run: string;
}

/** What is remembered; at first the id of the store is made, and remembered. undefined: nothing can be remembered. */
export async function rememberedStore(memory: ArchiveMemory): Promise<Remembered | undefined> {
  const known = await memory.read();
  if (known) return known;
  const store = { store_id: randomBytes(6).toString('hex'), directory: '', directory_id: '', run: '' }; // prettier-ignore
  return memory.write(store).then(() => store, () => undefined); // prettier-ignore
}

export interface ArchiveMemory {
  /** How to make it forget, for the operator. */
  forget: string;
  /** undefined: nothing is remembered, or it cannot be read. */
  read(): Promise<Remembered | undefined>;
  write(remembered: Remembered): Promise<void>;
}

const SCHEMA = 'papyra.archive-memory/v1';

export function memoryText(remembered: Remembered): string {
  return JSON.stringify({ schema: SCHEMA, ...remembered });
}

/** undefined: it is none. */
export function parseMemory(text: string): Remembered | undefined {
  try {
    const found = JSON.parse(text) as Remembered & { schema: unknown };
    const { schema, store_id, directory, directory_id, run } = found;
    const isWhole = [store_id, directory, directory_id, run].every((one) => typeof one === 'string'); // prettier-ignore
    return schema === SCHEMA && isWhole ? { store_id, directory, directory_id, run } : undefined;
  } catch {
    return undefined;
  }
}

/** `log`: its real path. */
export function memoryBeside(log: string): ArchiveMemory {
  const path = `${ownFolderPath({ directory: dirname(log) })}/${log.slice(log.lastIndexOf('/') + 1)}.archive.json`;
  return {
    forget: `remove ${path}`,
    read: async () => {
      if (!statSync(dirname(log), { throwIfNoEntry: false })) return undefined;
      const { names, release } = holdNames(log);
      try {
        const owner = statSync(names.entry, { throwIfNoEntry: false });
        const home = openOwnFolder(names, owner);
        try {
          return home && parseMemory(readKept(home.archive, owner).toString());
        } finally {
          home?.close();
        }
      } catch (error) {
        if (errnoOf(error) !== undefined) return undefined;
        throw error;
      } finally {
        release();
      }
    },
    write: async (remembered) => {
      const { names, release } = holdNames(log);
      try {
        const owner = ownerOf(names);
        const home = makeOwnFolder(names, owner);
        try {
          replaceFile(home.archive, `${memoryText(remembered)}\n`, owner);
        } finally {
          home.close();
        }
      } finally {
        release();
      }
    },
  };
}
