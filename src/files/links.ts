import { readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** As many as the kernel follows. */
const MAX_LINKS = 40;

/** The path, and where it leads while that is a link, whether anything is there or not. */
export function waysOf(path: string): string[] {
  const ways = [resolve(path)];
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
