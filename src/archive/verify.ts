// Verifies the archives of a directory: each of them, and that none is missing between two runs.
import type { ArchiveVerification } from '../report/archive.js';
import { checkArchive } from './check.js';
import type { Archive, Catalog } from './catalog.js';
import { byStore, gapsIn } from './gaps.js';
import type { LiveFile } from './live-files.js';
import { isRepeated, takenOf } from './repeats.js';

export async function verify(
  catalog: Catalog,
  live: readonly LiveFile[],
  signal: AbortSignal | undefined,
): Promise<ArchiveVerification> {
  const startedAt = Date.now();
  const { directory, archives, leftovers } = catalog;
  const entries = [];
  const sound = new Set<Archive>();
  for (const archive of archives) {
    const entry = await checkArchive(archive, signal);
    if (entry.state === 'sound') sound.add(archive);
    entries.push(entry);
  }
  for (const group of byStore(archives)) {
    const whole = group.filter((archive) => sound.has(archive));
    for (const taken of await takenOf(whole, live, false)) {
      if (!isRepeated(taken)) continue;
      const entry = entries[archives.indexOf(taken.archive)]!;
      entry.notes.push('of a run that was killed: some of it is in a later archive or in the store again, and restore takes it once'); // prettier-ignore
    }
  }
  const gaps = gapsIn(archives);
  const isDamaged = entries.some(({ state }) => ['damaged', 'missing', 'unreadable'].includes(state)); // prettier-ignore
  return {
    schema: 'papyra.archive-verification/v1',
    status: isDamaged || gaps.length > 0 ? 'damaged' : 'sound',
    directory,
    archives: entries,
    gaps,
    leftovers,
    duration_ms: Date.now() - startedAt,
    warnings: [],
  };
}
