// Lists what is in an archive directory: archives with their manifests, manifests without archives, leftovers.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { attempt } from '../errors/system-error.js';
import { readManifest, type ArchiveManifest } from '../files/archive-manifest.js';
import {
  isManifestName,
  manifestName,
  parseArchiveName,
  storeOfTemp,
  timeOfCompact,
  timeOfRun,
  type ArchiveName,
} from '../files/archive-names.js';
import type { ArchiveEntry, ArchiveState } from '../report/archive.js';

/** An archive, as far as its name, its manifest and its size tell. */
export interface Archive {
  directory: string;
  name: ArchiveName;
  manifest?: ArchiveManifest;
  /** Bytes as it is stored; undefined: it is missing. */
  size?: number;
  /** What is wrong with it, as far as it is known. */
  faults: string[];
}

export interface Catalog {
  directory: string;
  /** By store, those of the oldest run first. */
  archives: Archive[];
  leftovers: string[];
}

/** Which archives are meant: of the stores with this name or id; left out: all. */
export interface Wanted {
  name?: string | undefined;
  id?: string | undefined;
}

/** @throws {PapyraError} `not_found` when the directory is not there. */
export function readCatalog(directory: string, { name, id }: Wanted): Catalog {
  const files = attempt('list the archives in', directory, () => readdirSync(directory));
  const there = new Set(files);
  const archives: Archive[] = [];
  const leftovers: string[] = [];
  for (const file of files) {
    const temp = storeOfTemp(file);
    if (temp !== undefined) {
      if (name === undefined || temp === name) leftovers.push(file);
      continue;
    }
    const found = parseArchiveName(file);
    const archive = found
      ? withManifest(directory, found, there)
      : isManifestName(file)
        ? ofManifest(directory, file, there)
        : undefined;
    if (archive && isWanted(archive, name, id)) archives.push(archive);
  }
  archives.sort(byStoreAndRun);
  return { directory, archives, leftovers: leftovers.sort() };
}

/** One without a manifest does not say of which store with this name it is: it counts as one of each. */
function isWanted({ name, manifest }: Archive, wanted?: string, id?: string): boolean {
  if (wanted !== undefined && name.store !== wanted) return false;
  return id === undefined || manifest === undefined || manifest.store_id === id;
}

function withManifest(directory: string, name: ArchiveName, there: ReadonlySet<string>): Archive {
  const path = join(directory, name.file);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const archive: Archive = { directory, name, faults: [] };
  if (stat?.isFile()) archive.size = stat.size;
  else archive.faults.push(stat ? 'it is no regular file' : 'it is missing');
  const beside = manifestName(name.file);
  if (!there.has(beside)) return archive;
  const manifest = readManifest(join(directory, beside));
  if (typeof manifest === 'string')
    archive.faults.push(`its manifest ${beside} is damaged: ${manifest}`); // prettier-ignore
  else if (manifest.file !== name.file)
    archive.faults.push(`its manifest ${beside} is that of ${manifest.file}`); // prettier-ignore
  else archive.manifest = manifest;
  const size = archive.manifest?.file_bytes;
  if (size !== undefined && archive.size !== undefined && archive.size !== size) {
    const what = archive.size < size ? 'truncated' : 'longer than it was written';
    archive.faults.push(`it is ${what}: ${archive.size} bytes of ${size}`);
  }
  return archive;
}

/** A manifest whose archive is there too is read with that one. undefined: it is. */
function ofManifest(
  directory: string,
  file: string,
  there: ReadonlySet<string>,
): Archive | undefined {
  const core = file.slice(1).replace(/\.papyra-archive\.json$/, '');
  const ways = ['gz', 'zst'].map((end) => `papyra-archive_${core}.ndjson.${end}`);
  if (ways.some((way) => there.has(way))) return undefined;
  const manifest = readManifest(join(directory, file));
  const isItsOwn = typeof manifest !== 'string' && manifestName(manifest.file) === file;
  const name = parseArchiveName(isItsOwn ? manifest.file : ways[0]!);
  if (!name) return undefined;
  const faults = [`it is missing; its manifest ${file} is there`];
  if (isItsOwn) return { directory, name, manifest, faults };
  const why = typeof manifest === 'string' ? manifest : `it is that of ${manifest.file}`;
  return { directory, name, faults: [...faults, `that manifest is damaged: ${why}`] };
}

function byStoreAndRun(one: Archive, other: Archive): number {
  const keys = ({ name, manifest }: Archive) => [name.store, name.run, manifest?.store_id ?? '', name.file]; // prettier-ignore
  const [a, b] = [keys(one), keys(other)];
  const at = a.findIndex((key, index) => key !== b[index]);
  return at === -1 ? 0 : a[at]! < b[at]! ? -1 : 1;
}

export function pathOf({ directory, name }: Archive): string {
  return join(directory, name.file);
}

export function isMissing({ size }: Archive): boolean {
  return size === undefined;
}

/** What the catalog tells of an archive without looking into it. */
export function stateOf(archive: Archive): ArchiveState {
  if (isMissing(archive)) return 'missing';
  if (archive.faults.length > 0) return 'damaged';
  return archive.manifest ? 'listed' : 'no_manifest';
}

export function entryOf(archive: Archive, state = stateOf(archive)): ArchiveEntry {
  const { name, manifest, size, faults } = archive;
  return {
    file: name.file,
    store: name.store,
    store_id: manifest?.store_id ?? null,
    backend: manifest?.backend ?? null,
    host: manifest?.host ?? null,
    target: manifest?.target ?? null,
    run: name.run,
    written_at: manifest?.written_at ?? isoOf(timeOfRun(name.run)),
    records: manifest?.records ?? null,
    oldest: manifest ? isoOf(manifest.oldest === null ? NaN : manifest.oldest * 1000) : isoOf(timeOfCompact(name.from)), // prettier-ignore
    newest: manifest ? isoOf(manifest.newest === null ? NaN : manifest.newest * 1000) : isoOf(timeOfCompact(name.to)), // prettier-ignore
    bytes: manifest?.bytes ?? null,
    file_bytes: size ?? manifest?.file_bytes ?? null,
    compression: name.compression,
    sha256: manifest?.sha256 ?? null,
    state,
    notes: [...faults],
  };
}

export function isoOf(milliseconds: number): string | null {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/**
 * The archives of the one store that is meant.
 *
 * @throws {PapyraError} `usage` when there are several.
 */
export function ofOneStore({ directory, archives }: Catalog): Archive[] {
  const stores = new Map<string, string>();
  const withoutId = new Set<string>();
  for (const { name, manifest } of archives) {
    if (manifest)
      stores.set(manifest.store_id, `${manifest.store_id} (${name.store} of ${manifest.host}, ${manifest.target})`); // prettier-ignore
    else withoutId.add(name.store);
  }
  const names = new Set(archives.map(({ name }) => name.store));
  if (stores.size <= 1 && names.size <= 1) return archives;
  const known = [...stores.values(), ...[...withoutId].filter((name) => ![...stores.values()].some((one) => one.includes(`(${name} of `)))]; // prettier-ignore
  throw new PapyraError('usage', `archives of several stores are in ${directory}: ${known.join('; ')}`, {
    hint: 'nothing was done; choose one with --of and its name or id',
  }); // prettier-ignore
}
