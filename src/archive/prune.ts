// Removes archives that are old, the oldest run first, up to the first one that is younger: no gap comes about.
//
// Of each archive the manifest goes first (archive-manifest.ts). A crash leaves archives that the next prune removes.
import { interruption } from '../errors/errors.js';
import { attempt } from '../errors/system-error.js';
import { removeArchive } from '../files/archive-manifest.js';
import { timeOfCompact, timeOfRun } from '../files/archive-names.js';
import { holdDirectory } from '../files/directory.js';
import { syncDirectory } from '../files/durable.js';
import { resolveTo } from '../files/resolve.js';
import type { ArchivePruning } from '../report/archive.js';
import { entryOf, pathOf, type Archive, type Catalog } from './catalog.js';

export interface PruneRequest {
  maxAgeSeconds: number;
  now: number;
  dryRun: boolean;
  signal: AbortSignal | undefined;
}

export function prune({ directory, archives }: Catalog, request: PruneRequest): ArchivePruning {
  const { maxAgeSeconds, now, dryRun, signal } = request;
  const going = byStore(archives).flatMap((group) => oldOnes(group, now - maxAgeSeconds * 1000));
  const warnings = going.filter(({ faults }) => faults.length > 0).map(({ name, faults }) => `${name.file}, which goes, is damaged: ${faults.join('; ')}`); // prettier-ignore
  const removed = going.map((archive) => entryOf(archive));
  if (!dryRun && going.length > 0) {
    const held = attempt('open', directory, () => holdDirectory(resolveTo(directory)));
    try {
      for (const archive of going) {
        if (signal?.aborted) throw interruption(signal);
        attempt('remove', pathOf(archive), () => removeArchive(held.path, archive.name.file));
      }
      attempt('sync', directory, () => syncDirectory(held.path));
    } finally {
      held.close();
    }
  }
  return {
    schema: 'papyra.archive-pruning/v1',
    status: dryRun ? 'dry_run' : going.length > 0 ? 'pruned' : 'nothing_to_do',
    directory,
    max_age_seconds: maxAgeSeconds,
    removed,
    kept: archives.length - going.length,
    freed_bytes: going.reduce((sum, { size }) => sum + (size ?? 0), 0),
    warnings,
  };
}

/** Archives without a manifest are told apart by name alone. */
function byStore(archives: readonly Archive[]): Archive[][] {
  const groups = new Map<string, Archive[]>();
  for (const archive of archives) {
    const { manifest, name } = archive;
    const key = manifest ? `${name.store} ${manifest.store_id}` : name.store;
    const group = groups.get(key);
    if (group) group.push(archive);
    else groups.set(key, [archive]);
  }
  return [...groups.values()];
}

function oldOnes(group: readonly Archive[], before: number): Archive[] {
  const first = group.findIndex((archive) => !(newestOf(archive) < before));
  return group.slice(0, first === -1 ? undefined : first);
}

/** Milliseconds since 1970 of the newest record; a date in the future does not keep it longer than its run would. */
function newestOf({ manifest, name }: Archive): number {
  const written = manifest ? Date.parse(manifest.written_at) : timeOfRun(name.run);
  const newest = manifest ? (manifest.newest ?? NaN) * 1000 : timeOfCompact(name.to);
  return Number.isNaN(newest) ? written : Math.min(newest, written);
}
