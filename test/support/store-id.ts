// Gives a store an id before its first run with an archive. Without one each first run would make its own, and the names
// that it writes would differ from those of a run that was recorded.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { memoryText } from '../../src/files/archive-memory.js';

export function giveStoreId(log: string): void {
  const folder = join(dirname(log), '.papyra');
  mkdirSync(folder, { recursive: true });
  const store = { store_id: '0123456789ab', directory: '', directory_id: '', run: '' };
  writeFileSync(join(folder, `${basename(log)}.archive.json`), memoryText(store));
}
