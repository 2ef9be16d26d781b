// Runs the commands on archives, and shows what they found or did.
import { PapyraError } from '../../src/errors/errors.js';
import { openArchives, type ArchiveOptions, type Archives } from '../../src/index.js';
import {
  archiveListText,
  archivePruningText,
  archiveRestorationText,
  archiveVerificationText,
} from '../../src/output/archive.js';
import { LineSink, type Sink } from '../../src/output/line-sink.js';
import { consoleFor, consoleForResult, type Context } from '../context.js';
import { openOptions, type GlobalFlags } from '../options.js';

export interface ArchiveFlags extends GlobalFlags {
  archive?: string;
  of?: string;
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
  const found = await withArchives(flags, context, (archive, how) => archive.list(how));
  const output = consoleFor(context, flags);
  output.result(found, (paint) => archiveListText(found, paint));
  output.warnings(found.warnings);
}

export async function verify(flags: ArchiveFlags, context: Context): Promise<void> {
  const found = await withArchives(flags, context, (archive, how) => archive.verify(how));
  const isSound = found.status === 'sound';
  const output = consoleForResult(context, flags, isSound);
  output.result(found, (paint) => archiveVerificationText(found, paint));
  output.warnings(found.warnings);
  if (!isSound) context.found('archive_damaged');
}

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
  const done = await withArchives(flags, context, (archive, how) =>
    archive.prune({ ...how, maxAgeSeconds: maxAge, dryRun }),
  );
  const output = consoleFor(context, flags);
  output.result(done, (paint) => archivePruningText(done, paint));
  output.warnings(done.warnings);
}

/** `--max-age` of prune is no limit of the store. */
async function withArchives<T>(
  flags: ArchiveFlags,
  { signal }: Context,
  use: (archive: Archives, how: ArchiveOptions) => Promise<T>,
): Promise<T> {
  const { config, path, backend, timeout, archive, of, all } = flags;
  const store = Object.entries({ config, path, backend, timeout }).filter(([, value]) => value !== undefined); // prettier-ignore
  const opened = await openArchives({ ...openOptions(Object.fromEntries(store)), signal });
  try {
    return await use(opened.archive, {
      signal,
      ...(archive === undefined ? {} : { archive }),
      ...(of === undefined ? {} : { of }),
      ...(all === undefined ? {} : { all }),
    });
  } catch (error) {
    throw error instanceof PapyraError && error.code === 'interrupted' ? stopped(error) : error;
  } finally {
    await opened.close();
  }
}

function stopped({ message, signal }: PapyraError): PapyraError {
  const hint = 'no file was made; archives that prune has removed stay removed; run again';
  return new PapyraError('interrupted', message, { hint, ...(signal && { signal }) });
}
