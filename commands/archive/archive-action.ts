// Runs the commands on archives, and shows what they found or did.
import { PapyraError } from '../../src/errors/errors.js';
import {
  openArchives,
  openStoresOfArchives,
  type ArchiveList,
  type ArchiveOptions,
  type ArchivePruning,
  type Archives,
  type ArchiveVerification,
  type OpenStoresOptions,
  type System,
} from '../../src/index.js';
import {
  archiveListText,
  archivePruningText,
  archiveRestorationText,
  archiveVerificationText,
} from '../../src/output/archive.js';
import { LineSink, type Sink } from '../../src/output/line-sink.js';
import { archiveLists, archivePrunings, archiveVerifications } from '../../src/output/archives.js';
import { consoleFor, consoleForResult, severalStores, type Context } from '../context.js';
import { openOptions, type GlobalFlags, type StoreFlags } from '../options.js';
import { onStores, type Work } from '../stores.js';

export interface ArchiveFlags extends GlobalFlags {
  archive?: string;
  of?: string;
  store?: string[];
  all?: boolean;
  path?: string;
  backend?: string;
  timeout?: number;
}

export interface RestoreFlags extends ArchiveFlags {
  to: string;
  since?: number;
  until?: number;
  kind?: 'events' | 'audits' | 'dead-letters';
  skipDamaged?: boolean;
}

export interface PruneFlags extends ArchiveFlags {
  maxAge: number;
  dryRun?: boolean;
}

export async function list(flags: ArchiveFlags, context: Context): Promise<void> {
  await onArchives<ArchiveList>(flags, context, {
    run: (archive, how) => archive.list(how),
    text: archiveListText,
    many: archiveLists,
    none: () => ({ schema: 'papyra.archive-list/v1', archives: [], leftovers: [], ...NO_PLACE }),
  });
}

export async function verify(flags: ArchiveFlags, context: Context): Promise<void> {
  await onArchives<ArchiveVerification>(flags, context, {
    run: (archive, how) => archive.verify(how),
    text: archiveVerificationText,
    many: archiveVerifications,
    finding: ({ status }) => (status === 'sound' ? undefined : 'archive_damaged'),
    none: () => ({ schema: 'papyra.archive-verification/v1', status: 'sound', archives: [], gaps: [], leftovers: [], duration_ms: 0, ...NO_PLACE }), // prettier-ignore
  });
}

/** Of a store of many whose records are not archived. */
const NO_PLACE = { directory: '', warnings: [] };

const KINDS = { events: 'event', audits: 'audit', 'dead-letters': 'dead_letter' } as const;

export async function restore(flags: RestoreFlags, context: Context): Promise<void> {
  const { to, since, until, kind, skipDamaged } = flags;
  const sink = to === '-' ? new LineSink(context.stdout as unknown as Sink) : undefined;
  const unread = new AbortController();
  const write = async (bytes: Uint8Array): Promise<void> => {
    // Whoever reads from the pipe has seen enough.
    if (sink!.isGone) unread.abort();
    sink!.write(bytes);
    await sink!.flush();
  };
  const done = await withArchives(flags, context, (archive, how) =>
    archive.restore({
      ...how,
      signal: AbortSignal.any([context.signal, unread.signal]),
      ...(sink ? { write } : { to }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(kind === undefined ? {} : { kind: KINDS[kind] }),
      ...(skipDamaged === undefined ? {} : { skipDamaged }),
    }),
  ).catch((error: unknown) => {
    if (unread.signal.aborted && !context.signal.aborted) return undefined;
    throw error;
  });
  if (!done) return;
  const output = consoleFor(context, flags);
  // stdout carries the records.
  if (!sink) output.result(done, (paint) => archiveRestorationText(done, paint));
  output.warnings([
    ...done.warnings,
    ...done.skipped.map(({ file, reason }) => `${file} is left out: ${reason}`),
  ]);
}

export async function prune(flags: PruneFlags, context: Context): Promise<void> {
  const { maxAge, dryRun = false } = flags;
  await onArchives<ArchivePruning>(flags, context, {
    run: (archive, how) => archive.prune({ ...how, maxAgeSeconds: maxAge, dryRun }),
    text: archivePruningText,
    many: archivePrunings,
    none: () => ({ schema: 'papyra.archive-pruning/v1', status: dryRun ? 'dry_run' : 'nothing_to_do', max_age_seconds: maxAge, removed: [], kept: 0, freed_bytes: 0, ...NO_PLACE }), // prettier-ignore
  });
}

interface ArchiveWork<R extends object> extends Pick<Work<R>, 'text' | 'many' | 'finding'> {
  run: (archive: Archives, how: ArchiveOptions) => Promise<R>;
  none: () => R;
}

/** Of one store, or of what is in a directory, as ever; of many stores one after the other. */
async function onArchives<R extends { directory: string; warnings: string[] }>(
  flags: ArchiveFlags,
  context: Context,
  { run, none, ...work }: ArchiveWork<R>,
): Promise<void> {
  const { archive, of, all } = flags;
  const set = await openStoresOfArchives(whichStores(flags, context));
  if (set && !set.isOne && of === undefined && !all) {
    const how = { signal: context.signal, ...(archive !== undefined && { archive }) };
    await onStores(storeFlags(flags), context, {
      ...work,
      run: async ({ archive: archives, config }) => {
        if (archive === undefined && config.archive === undefined) return none();
        return run(archives, how).catch(rethrown);
      },
      warnings: ({ warnings }) => warnings,
    });
    return;
  }
  const found = await withArchives(flags, context, run);
  const finding = work.finding?.(found);
  const output = consoleForResult(context, flags, !finding);
  output.result(found, (paint) => work.text(found, paint));
  output.warnings(found.warnings);
  if (finding) context.found(finding);
}

/** `--max-age` of prune is no limit of the store. */
function storeFlags(flags: ArchiveFlags): GlobalFlags & StoreFlags {
  const { config, json, quiet, verbose, color, store, path, backend, timeout } = flags;
  const given = { config, json, quiet, verbose, color, store, path, backend, timeout };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function whichStores(flags: ArchiveFlags, { signal }: Context): OpenStoresOptions {
  const { store, ...others } = storeFlags(flags);
  return { ...openOptions(others), ...(store && { store }), signal };
}

async function withArchives<T>(
  flags: ArchiveFlags,
  context: Context,
  use: (archive: Archives, how: ArchiveOptions) => Promise<T>,
): Promise<T> {
  const { archive, of, all } = flags;
  const { signal } = context;
  const opened = await openOne(flags, context);
  try {
    return await use(opened.archive, {
      signal,
      ...(archive === undefined ? {} : { archive }),
      ...(of === undefined ? {} : { of }),
      ...(all === undefined ? {} : { all }),
    });
  } catch (error) {
    return rethrown(error);
  } finally {
    await opened.close();
  }
}

/** Where --of or --all says which archives are meant, any store with their directory will do. */
async function openOne(
  flags: ArchiveFlags,
  context: Context,
): Promise<{ archive: Archives; close(): Promise<void> }> {
  const { archive, of, all } = flags;
  const { store, ...options } = whichStores(flags, context);
  const set = await openStoresOfArchives({ ...options, ...(store && { store }) });
  if (!set) return openArchives(options);
  if (set.isOne) return set.stores[0]!.open();
  const labels = set.stores.map(({ label }) => label);
  if (of === undefined && !all) throw severalStores(labels, set.warnings);
  const found = new Map<string, System>();
  for (const one of set.stores) {
    const system = await one.open().catch(() => undefined);
    const directory = archive ?? system?.config.archive;
    if (system && directory !== undefined && !found.has(directory)) found.set(directory, system);
    else await system?.close();
  }
  const [first, ...others] = found.values();
  for (const system of others) await system.close();
  if (first && others.length === 0) return first;
  await first?.close();
  throw new PapyraError('usage', `the stores have ${found.size === 0 ? 'no archive directory' : `archives in several directories: ${[...found.keys()].join(', ')}`}`, {
    hint: 'name one with --archive; nothing was done',
  }); // prettier-ignore
}

function rethrown(error: unknown): never {
  throw error instanceof PapyraError && error.code === 'interrupted' ? stopped(error) : error;
}

function stopped({ message, signal }: PapyraError): PapyraError {
  const hint = 'no file was made; archives that prune has removed stay removed; run again';
  return new PapyraError('interrupted', message, { hint, ...(signal && { signal }) });
}
