// Checks one archive: its SHA-256, its compression to the end, and that what it holds is what its manifest says.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { interruption, PapyraError } from '../errors/errors.js';
import { systemError } from '../errors/system-error.js';
import { canRead } from '../files/archive-codec.js';
import { newlines } from '../files/archive.js';
import { archiveBytes } from '../log/archive-files.js';
import { timeRange } from '../log/time-range.js';
import type { ArchiveEntry, ArchiveState } from '../report/archive.js';
import { collectorEvery } from '../units/collector.js';
import { plural } from '../units/units.js';
import { entryOf, isMissing, isoOf, pathOf, stateOf, type Archive } from './catalog.js';

const COLLECT_BYTES = 16 << 20;

/** Reads all of it, in bounded memory. */
export async function checkArchive(
  archive: Archive,
  signal: AbortSignal | undefined,
): Promise<ArchiveEntry> {
  const { manifest, name } = archive;
  if (isMissing(archive)) return entryOf(archive);
  if (!canRead(name.compression)) return checkUnreadable(archive, signal);
  const hash = createHash('sha256');
  const range = manifest?.backend === 'redis' ? undefined : timeRange();
  const collect = collectorEvery(COLLECT_BYTES);
  let [bytes, records, last] = [0, 0, 0x0a];
  const faults: string[] = [];
  let state: ArchiveState = 'sound';
  try {
    for await (const chunk of archiveBytes(pathOf(archive), (file) => hash.update(file))) {
      if (signal?.aborted) throw interruption(signal);
      bytes += chunk.length;
      records += newlines(chunk);
      last = chunk.at(-1)!;
      range?.push(chunk);
      collect(chunk.length);
    }
  } catch (error) {
    if (!(error instanceof PapyraError) || error.code === 'interrupted') throw error;
    state = error.code === 'permission_denied' ? 'unreadable' : 'damaged';
    faults.push(reasonOf(error));
  }
  if (state === 'sound' && last !== 0x0a) faults.push('its last line has no end');
  if (state === 'sound' && manifest) {
    const sum = hash.digest('hex');
    const odd = [
      sum === manifest.sha256 ? '' : `it was changed: its SHA-256 is ${sum}, the manifest says ${manifest.sha256}`, // prettier-ignore
      records === manifest.records ? '' : `it has ${plural(records, 'record')}, the manifest says ${manifest.records}`, // prettier-ignore
      bytes === manifest.bytes ? '' : `it has ${plural(bytes, 'byte')} uncompressed, the manifest says ${manifest.bytes}`, // prettier-ignore
    ];
    const { oldest, newest } = range?.range() ?? {
      oldest: manifest.oldest,
      newest: manifest.newest,
    };
    if (!same(oldest, manifest.oldest) || !same(newest, manifest.newest)) odd.push('its records are of another time than the manifest says'); // prettier-ignore
    faults.push(...odd.filter((one) => one !== ''));
  }
  if (state === 'sound' && [...archive.faults, ...faults].length > 0) state = 'damaged';
  if (state === 'sound' && !manifest) state = 'no_manifest';
  const entry = entryOf({ ...archive, faults: [...archive.faults, ...faults] }, state);
  if (manifest || state !== 'no_manifest') return entry;
  const { oldest, newest } = range!.range();
  const times = { oldest: isoOf(oldest * 1000) ?? entry.oldest, newest: isoOf(newest * 1000) ?? entry.newest }; // prettier-ignore
  return { ...entry, records, bytes, ...times };
}

function same(found: number | null, said: number | null): boolean {
  return found === said || (said === null && !Number.isFinite(found));
}

/** The message of `archiveBytes` names the archive, which a note does not need. */
function reasonOf({ message }: PapyraError): string {
  return message.replace(/^the archive .* is damaged: /s, 'it is damaged: ');
}

/** This Node lacks the compression: the bytes of the file can be checked all the same. */
async function checkUnreadable(
  archive: Archive,
  signal: AbortSignal | undefined,
): Promise<ArchiveEntry> {
  const found = await fileSum(pathOf(archive), signal);
  const { manifest } = archive;
  if (found === manifest?.sha256) return entryOf(archive, stateOf(archive) === 'listed' ? 'sound' : undefined); // prettier-ignore
  const why = manifest
    ? `it was changed: its SHA-256 is ${found}, the manifest says ${manifest.sha256}`
    : `this Node (${process.version}) cannot read zstd; 22.15 or later can`;
  const faults = [...archive.faults, why];
  return entryOf({ ...archive, faults }, manifest ? 'damaged' : 'unreadable');
}

/** Of the file as it is stored. */
export async function fileSum(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      if (signal?.aborted) throw interruption(signal);
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    throw systemError(error, 'read', path);
  }
  return hash.digest('hex');
}
