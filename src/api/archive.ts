// Lists, verifies, restores and prunes archives, for the library and the command line.
import { basename } from 'node:path';
import type { Backend } from '../backends/backend.js';
import type { EffectiveConfig } from '../config/types.js';
import { givenPath } from '../config/unexpanded.js';
import { PapyraError } from '../errors/errors.js';
import type { Catalog } from '../archive/catalog.js';
import type { LiveFile } from '../archive/live-files.js';
import type {
  ArchiveList,
  ArchivePruning,
  ArchiveRestoration,
  ArchiveVerification,
} from '../report/archive.js';
import { memoryOf } from './archiving.js';
import { checkArchiveOptions, checkPruneOptions, checkRestoreOptions } from './call.js';
import type { ArchiveOptions, PruneOptions, RestoreOptions } from './call-options.js';

/** The archives of a store, or those in a directory. */
export interface Archives {
  /**
   * What is there, as manifests and names tell. Only reads.
   *
   * @throws {PapyraError} `usage` for a bad option, or when no directory is configured or given; `not_found`,
   * `permission_denied`.
   */
  list(options?: ArchiveOptions): Promise<ArchiveList>;
  /** Reads all of them and says which is damaged or missing. Only reads. Throws as `list()`; `interrupted`. */
  verify(options?: ArchiveOptions): Promise<ArchiveVerification>;
  /**
   * Writes the records of a store back as NDJSON: run after run, in the order of the log, byte for byte, and once what a
   * run that was killed left in two archives.
   *
   * @throws {PapyraError} `usage`, also when the file is there already, or archives of several stores are meant;
   * `not_found` when there is no archive; `io_error` when one is damaged, the disk full included; `permission_denied`,
   * `interrupted`. Then there is no file.
   */
  restore(options: RestoreOptions): Promise<ArchiveRestoration>;
  /**
   * Removes old archives, the oldest run first, up to the first that is younger. Throws as `list()`; `io_error`;
   * `interrupted`.
   */
  prune(options: PruneOptions): Promise<ArchivePruning>;
}

interface Store {
  config: EffectiveConfig;
  backend: Backend;
}

/** `store` undefined: of whatever stores are in the directory. */
export function archivesFor(store: Store | undefined): Archives {
  return {
    list: async (how = {}) => {
      checkArchiveOptions(how);
      const [{ catalog }, { entryOf }] = await Promise.all([look(store, how), import('../archive/catalog.js')]); // prettier-ignore
      const { directory, archives, leftovers } = catalog;
      const entries = archives.map((archive) => entryOf(archive));
      return { schema: 'papyra.archive-list/v1', directory, archives: entries, leftovers, warnings: [] }; // prettier-ignore
    },
    verify: async (how = {}) => {
      checkArchiveOptions(how);
      const [{ catalog, live }, { verify }] = await Promise.all([look(store, how), import('../archive/verify.js')]); // prettier-ignore
      return verify(catalog, live, how.signal);
    },
    restore: async (how) => {
      checkRestoreOptions(how);
      return restore(store, how);
    },
    prune: async (how) => {
      checkPruneOptions(how);
      if (!store && how.of === undefined && how.all !== true) {
        throw new PapyraError('usage', 'it is not said of which store archives are to be removed', {
          hint: 'nothing was done; name it with --of, or all with --all',
        });
      }
      const [{ catalog }, { prune }] = await Promise.all([look(store, how), import('../archive/prune.js')]); // prettier-ignore
      const { maxAgeSeconds, dryRun = false, signal } = how;
      return prune(catalog, { maxAgeSeconds, dryRun, signal, now: Date.now() });
    },
  };
}

/** What is meant, and the files of the store where it is the opened one. */
interface Found {
  catalog: Catalog;
  live: readonly LiveFile[];
  /** The backend of archives that do not say theirs. */
  isStreams: boolean;
}

async function look(store: Store | undefined, how: ArchiveOptions): Promise<Found> {
  const { readCatalog } = await import('../archive/catalog.js');
  const directory = directoryOf(store, how);
  const { of, all = false } = how;
  if (!store || of !== undefined || all) {
    const catalog = readCatalog(directory, {});
    const archives = catalog.archives.filter(({ name, manifest }) => of === undefined || name.store === of || manifest?.store_id === of); // prettier-ignore
    return { catalog: { ...catalog, archives }, live: [], isStreams: false };
  }
  const name = storeName(store);
  const id = (await (await memoryOf(store))?.read())?.store_id;
  const own = readCatalog(directory, { name, id });
  // Archives of this store that another host or volume wrote, as far as the name tells; of one of many, the path, too.
  const isKnown = id !== undefined && own.archives.some(({ manifest }) => manifest);
  const catalog = isKnown ? own : sameTarget(readCatalog(directory, { name }), store);
  const home = store.backend.metricsLocation();
  const { liveFilesOf } = await import('../archive/live-files.js');
  return {
    catalog,
    live: 'log' in home ? liveFilesOf(home.log) : [],
    isStreams: store.config.store.backend === 'redis',
  };
}

/** Stores of one configuration may share a directory, and the names of their logs. */
function sameTarget(catalog: Catalog, { config, backend }: Store): Catalog {
  if (config.label === undefined) return catalog;
  const archives = catalog.archives.filter(({ manifest }) => !manifest || manifest.target === backend.target); // prettier-ignore
  return { ...catalog, archives };
}

/**
 * The archives of a store that are there, those of the oldest run first.
 *
 * @throws {PapyraError} `not_found` when the directory is not there.
 */
export async function archivesOf(store: Store, directory: string): Promise<string[]> {
  const [{ catalog }, { isMissing, pathOf }] = await Promise.all([look(store, { archive: directory }), import('../archive/catalog.js')]); // prettier-ignore
  return catalog.archives.filter((archive) => !isMissing(archive)).map(pathOf);
}

function directoryOf(store: Store | undefined, { archive }: ArchiveOptions): string {
  const directory = archive === undefined ? store?.config.archive : givenPath('--archive', archive);
  if (directory !== undefined) return directory;
  throw new PapyraError('usage', 'no archive directory is configured or given', {
    hint: 'name it with --archive, or set persistence.archive.dir',
  });
}

/** What the names of its archives say. */
function storeName({ config, backend }: Store): string {
  const home = backend.metricsLocation();
  if ('log' in home) return basename(home.log);
  if (config.store.backend === 'redis') return config.store.prefix;
  throw new PapyraError('usage', `the backend ${backend.name} has no archives`, {
    hint: 'name the store of the archives with --of',
  });
}

async function restore(store: Store | undefined, how: RestoreOptions): Promise<ArchiveRestoration> {
  const startedAt = Date.now();
  const { to, write, since, until, kind, signal, skipDamaged = false } = how;
  const [{ catalog, live, isStreams }, { ofOneStore }, { takenOf }, { damagedArchives, restoreRecords }, { soundOnes }] =
    await Promise.all([
      look(store, how),
      import('../archive/catalog.js'),
      import('../archive/repeats.js'),
      import('../archive/restore.js'),
      import('../archive/sound.js'),
    ]); // prettier-ignore
  const { directory } = catalog;
  const all = ofOneStore(catalog);
  if (all.length === 0) throw noArchive(store, catalog, how);
  // First, as nobody wants to wait for a refusal.
  const { RestoredFile } = await import('../archive/restored-file.js');
  const file = to === undefined ? undefined : new RestoredFile(givenPath('--to', to));
  try {
    const { sound, skipped, warnings } = await soundOnes(all, signal);
    if (skipped.length > 0 && !skipDamaged) throw damagedArchives(skipped);
    const taken = await takenOf(sound, live, isStreams);
    const restored = await restoreRecords(taken, {
      wanted: { since, until, kind },
      write: (bytes) => (file ? file.write(bytes) : write!(bytes)),
      signal,
    });
    file?.finish();
    return {
      schema: 'papyra.archive-restoration/v1',
      directory,
      store: all[0]!.name.store,
      store_id: all.find(({ manifest }) => manifest)?.manifest?.store_id ?? null,
      to: file?.path ?? '-',
      ...restored,
      archives: sound.length,
      skipped,
      duration_ms: Date.now() - startedAt,
      warnings,
    };
  } finally {
    file?.close();
  }
}

function noArchive(
  store: Store | undefined,
  { directory }: Catalog,
  { of }: ArchiveOptions,
): PapyraError {
  const whose = of ?? (store ? storeName(store) : undefined);
  const what = whose === undefined ? 'no archive' : `no archive of ${whose}`;
  return new PapyraError('not_found', `${what} is in ${directory}`, {
    hint: 'nothing was written; papyra archive list --all shows what is there',
  });
}
