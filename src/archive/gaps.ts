// Finds runs of which nothing is left between archives that are there.
import type { ArchiveVerification } from '../report/archive.js';
import type { Archive } from './catalog.js';

/** The archives with a manifest, by the store that it names. */
export function byStore(archives: readonly Archive[]): Archive[][] {
  const groups = new Map<string, Archive[]>();
  for (const archive of archives) {
    const id = archive.manifest?.store_id;
    if (id === undefined) continue;
    const group = groups.get(id);
    if (group) group.push(archive);
    else groups.set(id, [archive]);
  }
  return [...groups.values()];
}

/** A manifest names the run before. prune takes the oldest first, so that nothing is missing between two that stay. */
export function gapsIn(archives: readonly Archive[]): ArchiveVerification['gaps'] {
  const runs = new Set(archives.map(({ name }) => name.run));
  return byStore(archives).flatMap((group) => {
    return group.slice(1).flatMap(({ name, manifest }) => {
      const run = manifest!.previous;
      if (run === null || runs.has(run) || run < group[0]!.name.run) return [];
      return [{ store: name.store, run, named_by: name.file }];
    });
  });
}
