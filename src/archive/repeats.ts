// Finds what a run that was killed left in its archive and in the store, and which a later run archived again.
//
// An archive is complete before anything is dropped. A run that is then killed has dropped all of what it archived of a
// file, nothing, or, in place, the last lines of a head (files/head-removal.ts). Content cannot tell which: two records
// may be equal. The manifests can, part by part:
//
// - A rewrite gives a file another inode, and emptying takes away all it had. A later archive of the same file (inode,
//   birth time and first bytes) shows that nothing of it was dropped: the later one, or the store, has all of it.
// - A removal in place puts a filler with a new nonce at the start. While the file begins as it did, the head is still
//   there, but for lines at its end that have become fillers: in-place-heads.ts takes each line once.
// - Streams lose entries from the old end. A later archive of a stream that begins within this one, with the same bytes,
//   shows from which entry on they were still there.
//
// What of the last archive is still in the store is found in the same way, by the files themselves. An archive without
// a manifest repeats nothing, but where each of its lines is, in the same order, in the next archive or in the store.
import type { ArchivedPart, PartSource } from '../files/archive-manifest.js';
import { archiveBytes } from '../log/archive-files.js';
import { isMissing, pathOf, type Archive } from './catalog.js';
import { whatStays, type FileHead, type Stretch } from './in-place-heads.js';
import { PieceReader } from './lines.js';
import type { LiveFile } from './live-files.js';

/** Which of the lines of a part are taken. */
export type Share =
  | { take: 'all' }
  | { take: 'none' }
  /** Those that no earlier archive has, and that are not in the file any more. */
  | { take: 'head'; stretch: Stretch; isRepeated: boolean }
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
interface Place {
  source: PartSource;
  stretch: Stretch;
  /** Whether the next one begins as this one does: it was still there. */
  isRepeated: boolean;
}

/** `archives`: sound ones of one store, the oldest run first. `live`: the files of the store as they are now. */
export async function takenOf(
  archives: readonly Archive[],
  live: readonly LiveFile[],
  isStreams: boolean,
): Promise<TakenArchive[]> {
  const places = await placesOf(archives, live);
  const passed = new Map<string, number>();
  const taken: TakenArchive[] = [];
  for (const [index, archive] of archives.entries()) {
    const { manifest } = archive;
    if (!manifest) {
      const share = await shareOfUnlisted(archive, archives[index + 1], live);
      taken.push({ archive, parts: [{ name: archive.name.store, bytes: Infinity, share, isStream: isStreams }] }); // prettier-ignore
      continue;
    }
    const isStream = manifest.backend === 'redis';
    const parts = manifest.parts.map((part) => {
      const { name, bytes } = part;
      const key = keyOf(part);
      const at = passed.get(key) ?? 0;
      passed.set(key, at + 1);
      return { name, bytes, isStream, share: shareOf(places.get(key)!, at) };
    });
    taken.push({ archive, parts });
  }
  return taken;
}

/** Whether any of it is in a later archive, or still in the store. */
export function isRepeated({ parts }: TakenArchive): boolean {
  return parts.some(({ share }) => (share.take === 'head' ? share.isRepeated : share.take !== 'all')); // prettier-ignore
}

/** By file or stream, the oldest run first. */
async function placesOf(
  archives: readonly Archive[],
  live: readonly LiveFile[],
): Promise<Map<string, Place[]>> {
  const places = new Map<string, Place[]>();
  const ends = new Map<string, number>();
  for (const { manifest } of archives) {
    for (const part of manifest?.parts ?? []) {
      const { source } = part;
      const key = keyOf(part);
      const all = places.get(key) ?? [];
      places.set(key, all);
      const last = all.at(-1);
      if (last) last.isRepeated = beginsAlike(last.source, source);
      const start = last?.isRepeated ? last.stretch.start : (ends.get(key) ?? 0);
      const head: FileHead = last?.stretch.head ?? { taken: 0 };
      all.push({ source, stretch: { start, head }, isRepeated: false });
      ends.set(key, start + part.bytes);
    }
  }
  for (const { source, bytes } of live) {
    const last = places.get(source.file)?.at(-1);
    if (!last || !beginsAlike(last.source, source)) continue;
    last.isRepeated = true;
    const { start, head } = last.stretch;
    const stays = await whatStays(bytes(), start, ends.get(source.file)!);
    if (stays) head.stays = stays;
  }
  return places;
}

function keyOf({ name, source }: ArchivedPart): string {
  return 'file' in source ? source.file : name;
}

/** `places`: of one file or stream. */
function shareOf(places: readonly Place[], at: number): Share {
  const { source, isRepeated, stretch } = places[at]!;
  if (!('file' in source)) return shareOfStream(source, places[at + 1]);
  if (!source.in_place && isRepeated) return { take: 'none' };
  const isHead = source.in_place || places.slice(0, at).some(isInPlace);
  return isHead ? { take: 'head', stretch, isRepeated } : { take: 'all' };
}

function isInPlace({ source }: Place): boolean {
  return 'file' in source && source.in_place;
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
  return Math.min(end === 0 ? head.length : end, NONCE_BYTES);
}

function shareOfStream(
  { first, last }: Extract<PartSource, { first: string }>,
  next: Place | undefined,
): Share {
  if (!next || 'file' in next.source) return { take: 'all' };
  const { first: id, head } = next.source;
  if (isAfter(first, id) || isAfter(id, last)) return { take: 'all' };
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
