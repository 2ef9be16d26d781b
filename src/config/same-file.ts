import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { linkChain } from '../files/links.js';

/** Whether two paths are one file, or would be if it were there: by whatever links or mounts one comes to it. */
export function isSameFile(one: string, other: string): boolean {
  const places = placesOf(one);
  return placesOf(other).some((place) => places.includes(place));
}

/** The names in directories that lead to a file, and the file itself where it is there. */
function placesOf(path: string): string[] {
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
