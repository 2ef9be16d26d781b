// Tells a run how it writes archives, and makes sure that it can before anything is done.
import type { Backend, SharedHash } from '../backends/backend.js';
import type { EffectiveConfig } from '../config/types.js';
import { expected, type PapyraError } from '../errors/errors.js';
import type { Archiving } from '../files/archive.js';
import type { ArchiveMemory } from '../files/archive-memory.js';

declare const PAPYRA_VERSION: string;

interface Store {
  config: EffectiveConfig;
  backend: Backend;
}

/** undefined: nothing is archived. */
export async function archivingTo(
  directory: string | undefined,
  { config, backend }: Store,
): Promise<Archiving | undefined> {
  if (directory === undefined) return undefined;
  const { name, target } = backend;
  return {
    directory,
    compression: config.archiveCompression,
    memory: await memoryOf({ config, backend }),
    papyra: typeof PAPYRA_VERSION === 'string' ? PAPYRA_VERSION : 'unknown',
    backend: name,
    target: target ?? name,
  };
}

/** @throws {PapyraError} when no archive could be written there, or its directory is another one than it was. */
export async function assertArchiving(archiving: Archiving | undefined): Promise<void> {
  if (!archiving) return;
  const [{ assertArchivePlace }, { chosenCompression }] = await Promise.all([import('../files/archive-place.js'), import('../files/archive-codec.js')]); // prettier-ignore
  chosenCompression(archiving.compression);
  await assertArchivePlace(archiving.directory, archiving.memory);
}

/** Why the configured archives cannot be written; undefined: they can, or there are none. */
export async function archiveFailure(store: Store): Promise<PapyraError | undefined> {
  return assertArchiving(await archivingTo(store.config.archive, store)).then(() => undefined, expected); // prettier-ignore
}

/** Where a store remembers its last archive; undefined: nowhere. */
export async function memoryOf({ config, backend }: Store): Promise<ArchiveMemory | undefined> {
  const home = backend.metricsLocation();
  const { memoryBeside } = await import('../files/archive-memory.js');
  if ('log' in home) return memoryBeside(home.log);
  return 'hash' in home && config.metrics.enabled ? memoryIn(home.hash) : undefined;
}

/** A field of the hash of the metrics. Where that cannot be read or written, nothing is remembered. */
async function memoryIn(hash: SharedHash): Promise<ArchiveMemory> {
  const { memoryText, parseMemory } = await import('../files/archive-memory.js');
  return {
    forget: `remove the field archive of ${hash.name} (HDEL)`,
    read: async () => parseMemory((await hash.read().catch(() => undefined))?.['archive'] ?? ''),
    write: (remembered) => hash.update(() => ({ add: {}, set: { archive: memoryText(remembered) } })), // prettier-ignore
  };
}
