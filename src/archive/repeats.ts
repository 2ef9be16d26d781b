// Finds what a run that was killed left in its archive and in the store, and which a later run archived again.
//
// An archive is complete before anything is dropped. A run that is then killed has dropped all of what it archived of a
// file, nothing, or, in place, the last lines of a head (files/head-removal.ts). Content cannot tell which: two records
// may be equal. The manifests can, part by part:
//
// - A rewrite gives a file another inode, and emptying takes away all it had. A later archive of the same file (inode,
//   birth time and first bytes) shows that nothing of it was dropped: the later one, or the store, has all of it.
// - A removal in place puts a filler with a new nonce at the start. While the file begins as it did, the head is still
//   there; but lines at its end may have become fillers. What the later archive repeats line by line was still there.
// - Streams lose entries from the old end. A later archive of a stream that begins within this one, with the same bytes,
//   shows from which entry on they were still there.
//
// What of the last archive is still in the store is found in the same way, by the files themselves. An archive without
// a manifest repeats nothing, but where each of its lines is, in the same order, in the next archive or in the store.
import { HEAD_BYTES } from '../files/archive.js';
import type { ArchivedPart, PartSource } from '../files/archive-manifest.js';
import { archiveBytes } from '../log/archive-files.js';
import { isMissing, pathOf, type Archive } from './catalog.js';
import { linesFrom, type Stretch } from './file-lines.js';
import { first, from, PieceReader } from './lines.js';
import type { LiveFile } from './live-files.js';

/** Which of the lines of a part are taken. */
export type Share =
  | { take: 'all' }
  | { take: 'none' }
  /** Those after the lines that the other one repeats. */
  | { take: 'unrepeated'; other: () => AsyncIterable<Buffer> }
  /** Those before the entry with this id, if its line begins like that. */
  | { take: 'before'; id: string; head: Buffer };

/** A part of an archive, and what is taken of it. */
export interface TakenPart {
  name: string;
  bytes: number;
  share: Share;
  isStream: boolean;
}

export interface TakenArchive {
  archive: Archive;
  parts: TakenPart[];
}

/** A file or stream in one archive, or, at last, the file as it is now. */
interface Place extends Stretch {
  source: PartSource;
}

/** `archives`: sound ones of one store, the oldest run first. `live`: the files of the store as they are now. */
export async function takenOf(
  archives: readonly Archive[],
  live: readonly LiveFile[],
  isStreams: boolean,
): Promise<TakenArchive[]> {
  const places = placesOf(archives, live);
  const passed = new Map<string, number>();
  const taken: TakenArchive[] = [];
  for (const [at, archive] of archives.entries()) {
    const { manifest } = archive;
    if (!manifest) {
      const next = archives[at + 1];
      const share = await shareOfUnlisted(archive, next, live);
      taken.push({ archive, parts: [{ name: archive.name.store, bytes: Infinity, share, isStream: isStreams }] }); // prettier-ignore
      continue;
    }
    const isStream = manifest.backend === 'redis';
    taken.push({
      archive,
      parts: manifest.parts.map((part) => {
        const { name, bytes } = part;
        const key = keyOf(part);
        const at = passed.get(key) ?? 0;
        passed.set(key, at + 1);
        return { name, bytes, isStream, share: shareOf(places.get(key)!, at) };
      }),
    });
  }
  return taken;
}

/** By file or stream, the oldest run first. */
function placesOf(archives: readonly Archive[], live: readonly LiveFile[]): Map<string, Place[]> {
  const places = new Map<string, Place[]>();
  const add = (key: string, { source, bytes }: Pick<Place, 'source' | 'bytes'>): void => {
    const all = places.get(key) ?? [];
    const last = all.at(-1);
    if (last) last.isRepeated = beginsAlike(last.source, source);
    all.push({ source, bytes, isRepeated: false });
    places.set(key, all);
  };
  for (const archive of archives) {
    let start = 0;
    for (const part of archive.manifest?.parts ?? []) {
      const begin = start;
      const bytes = () => first(part.bytes, from(begin, archiveBytes(pathOf(archive))));
      add(keyOf(part), { source: part.source, bytes });
      start += part.bytes;
    }
  }
  for (const { source, bytes } of live) add(source.file, { source, bytes });
  return places;
}

/** Whether any of it is in a later archive, or still in the store. */
export function isRepeated({ parts }: TakenArchive): boolean {
  return parts.some(({ share }) => share.take !== 'all');
}

function keyOf({ name, source }: ArchivedPart): string {
  return 'file' in source ? source.file : name;
}

/** `places`: of one file or stream. */
function shareOf(places: readonly Place[], at: number): Share {
  const { source, isRepeated: hasRepeat } = places[at]!;
  if (!('file' in source)) return shareOfStream(source, places[at + 1]);
  if (!hasRepeat) return { take: 'all' };
  if (!source.in_place) return { take: 'none' };
  return { take: 'unrepeated', other: () => linesFrom(places, at + 1) };
}

/** Once the beginning of a file has changed, it never comes back: only the next place tells. */
function beginsAlike(one: PartSource, other: PartSource): boolean {
  if (!('file' in one && 'file' in other)) return false;
  const [a, b] = [one, other].map(({ head }) => Buffer.from(head, 'base64')) as [Buffer, Buffer];
  const length = one.in_place ? inPlaceLength(a) : a.length;
  return a.length > 0 && b.length >= length && a.subarray(0, length).equals(b.subarray(0, length));
}

/** Enough to hold the nonce of a filler; what follows a shorter first line may have become one. */
const NONCE_BYTES = 64;

function inPlaceLength(head: Buffer): number {
  const end = head.indexOf(0x0a) + 1;
  return Math.min(head.length, NONCE_BYTES, end === 0 ? HEAD_BYTES : end);
}

function shareOfStream(
  { first: begin, last }: Extract<PartSource, { first: string }>,
  next: Place | undefined,
): Share {
  if (!next || 'file' in next.source) return { take: 'all' };
  const { first: id, head } = next.source;
  if (isAfter(begin, id) || isAfter(id, last)) return { take: 'all' };
  return { take: 'before', id, head: Buffer.from(head, 'base64') };
}

/** Of ids of entries, `MS-SEQUENCE`. */
function isAfter(one: string, other: string): boolean {
  const [a, b] = [one, other].map((id) => id.split('-').map(BigInt)) as [bigint[], bigint[]];
  return a[0] === b[0] ? a[1]! > b[1]! : a[0]! > b[0]!;
}

/** Each of its lines, in order, in the next archive or in the store: that run was killed, and nothing was dropped. */
async function shareOfUnlisted(
  archive: Archive,
  next: Archive | undefined,
  live: readonly LiveFile[],
): Promise<Share> {
  if (next && !isMissing(next) && (await isWithin(archive, archiveBytes(pathOf(next))))) return { take: 'none' }; // prettier-ignore
  if (!next && live.length > 0 && (await isWithin(archive, all(live)))) return { take: 'none' };
  return { take: 'all' };
}

async function isWithin(archive: Archive, other: AsyncIterable<Buffer>): Promise<boolean> {
  const [ours, theirs] = [new PieceReader(archiveBytes(pathOf(archive))), new PieceReader(other)];
  try {
    for (;;) {
      const one = await ours.next();
      if (!one) return true;
      for (;;) {
        const candidate = await theirs.next();
        if (!candidate) return false;
        if (candidate.bytes.equals(one.bytes)) break;
      }
    }
  } finally {
    await ours.close();
    await theirs.close();
  }
}

async function* all(live: readonly LiveFile[]): AsyncGenerator<Buffer> {
  for (const file of live) yield* file.bytes();
}
