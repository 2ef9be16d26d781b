// Tells in the manifest of an archive which file its records came from.
import { readSync } from 'node:fs';
import { HEAD_BYTES } from '../files/archive.js';
import type { PartSource } from '../files/archive-manifest.js';
import { lastingId } from '../files/identity.js';

export type FileSource = Extract<PartSource, { file: string }>;

/** `inPlace`: the head is to be removed from the file, which stays the same one. */
export function fileSource(fd: number, inPlace: boolean): FileSource {
  const { inode, born } = lastingId(fd);
  const head = Buffer.alloc(HEAD_BYTES);
  const bytes = readSync(fd, head, 0, HEAD_BYTES, 0);
  const file = `${inode}-${born}`;
  return { file, head: head.subarray(0, bytes).toString('base64'), in_place: inPlace };
}
