// Defines the names of the files in an archive directory: archives, their manifests, and what a killed run left.
import { createHash } from 'node:crypto';

export type Compression = 'gzip' | 'zstd';

/** `papyra-archive_NAME_FROM_TO_RUN.ndjson.gz` or `.zst`; RUN begins with the time of the run. */
const ARCHIVE =
  /^papyra-archive_([^/]+)_([^_/]+)_([^_/]+)_(\d{8}T\d{6}Z-[0-9a-f]+)\.ndjson\.(gz|zst)$/;
const MANIFEST = /^\.(.+_[^_]+_[^_]+_\d{8}T\d{6}Z-[0-9a-f]+)\.papyra-archive\.json$/s;
const TEMP = /^\.papyra-archive_(.+)_[0-9a-f]{12}(?:\.manifest|\.directory)?\.tmp$/s;

const ENDINGS: Record<Compression, string> = { gzip: '.ndjson.gz', zstd: '.ndjson.zst' };

/** Says which directory it is in: another one, such as the mount point of a volume that is not mounted, lacks it. */
export const DIRECTORY_FILE = '.papyra-archive.json';

export interface ArchiveName {
  file: string;
  /** Of the store: the base name of the log, or the prefix of the streams. */
  store: string;
  /** `20261122T050000Z`, or `undated`. */
  from: string;
  to: string;
  run: string;
  compression: Compression;
}

export function archiveName(parts: Omit<ArchiveName, 'file'>): ArchiveName {
  const { store, from, to, run, compression } = parts;
  return { ...parts, file: `papyra-archive_${store}_${from}_${to}_${run}${ENDINGS[compression]}` };
}

/** undefined: it is the name of something else. */
export function parseArchiveName(file: string): ArchiveName | undefined {
  const [, store, from, to, run, end] = ARCHIVE.exec(file) ?? [];
  if (store === undefined) return undefined;
  const compression = end === 'gz' ? 'gzip' : 'zstd';
  return { file, store, from: from!, to: to!, run: run!, compression };
}

/** `.NAME_FROM_TO_RUN.papyra-archive.json`: no longer than the archive's own name. */
export function manifestName(file: string): string {
  const core = file.replace(/^papyra-archive_/, '').replace(/\.ndjson\.\w+$/, '');
  return `.${core}.papyra-archive.json`;
}

/** Whether it is the name of the manifest of some archive. */
export function isManifestName(file: string): boolean {
  return MANIFEST.test(file);
}

/** The same for every run on a store: what a killed one left is replaced. */
export function tempName(store: string, id: string): string {
  return `.papyra-archive_${store}_${id}.tmp`;
}

/** The store of a temporary file; undefined: it is the name of something else. */
export function storeOfTemp(file: string): string | undefined {
  return TEMP.exec(file)?.[1];
}

/** `20261122T050000Z` */
export function compactTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return 'undated';
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Milliseconds since 1970 of such a text; NaN: `undated`, or a time that is none. */
export function timeOfCompact(text: string): number {
  const [, year, month, day, hour, minute, second] =
    /^([+-]?\d{4,6})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(text) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/**
 * `20261122T050000Z-1f4…`: the second, the millisecond in three hexadecimal digits, and five random ones. Sorted as
 * texts, runs of a store are in the order in which they were: it is later than `last`, also when the clock was set back.
 */
export function runId(now: number, last: string | undefined, random: Uint8Array): string {
  const before = last === undefined ? -Infinity : timeOfRun(last);
  const time = Number.isNaN(before) ? now : Math.max(now, before + 1);
  const rest = Buffer.from(random).toString('hex').slice(0, 5);
  return `${compactTime(time)}-${(time % 1000).toString(16).padStart(3, '0')}${rest}`;
}

/** Milliseconds since 1970. */
export function timeOfRun(run: string): number {
  const milliseconds = Number.parseInt(run.slice(run.lastIndexOf('-') + 1).slice(0, 3), 16);
  return timeOfCompact(run) + (milliseconds < 1000 ? milliseconds : 999);
}

export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
