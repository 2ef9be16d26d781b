import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

/** Whether two paths are one file, or would be if it were there: by whatever links or mounts one comes to it. */
export function isSameFile(one: string, other: string): boolean {
  const places = placesOf(one);
  return placesOf(other).some((place) => places.includes(place));
}

/** As many links as the kernel follows. */
const MAX_LINKS = 40;

/** The path, and where it leads while that is a link. */
export function waysOf(path: string): string[] {
  const ways = [path];
  for (let at = linkAt(path); at !== undefined && ways.length <= MAX_LINKS; at = linkAt(at)) {
    ways.push(at);
  }
  return ways;
}

function linkAt(path: string): string | undefined {
  try {
    return resolve(realpathSync(dirname(path)), readlinkSync(path));
  } catch {
    return undefined;
  }
}

/** The names in directories that lead to a file, and the file itself where it is there. */
function placesOf(path: string): string[] {
  const names = waysOf(path).map((way) => {
    return `${identityOf(dirname(way)) ?? dirname(way)}/${basename(way)}`;
  });
  const itself = identityOf(path);
  return itself === undefined ? names : [...names, itself];
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
