// Tells whether two paths lead to the same file, through any links or mounts, even before the file exists.
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { linkChain } from '../files/links.js';

export function isSameFile(one: string, other: string): boolean {
  const places = placesOf(one);
  return placesOf(other).some((place) => places.includes(place));
}

/** The identity of the file if it exists, and each name that leads to it, with the identity of its directory. */
export function placesOf(path: string): string[] {
  const names = linkChain(path).map((way) => {
    return `${identityOf(dirname(way)) ?? dirname(way)}/${basename(way)}`;
  });
  const itself = identityOf(path);
  return itself === undefined ? names : [...names, itself];
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
