// Finds the logs that a path with wildcards leads to.
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PapyraError } from '../errors/errors.js';
import { errnoOf, systemError } from '../errors/system-error.js';
import { isWildcard, literalOf, matcherOf } from './wildcard.js';

/** A path that matches. */
export interface Match {
  path: string;
  /** The parts of the path that its wildcards have matched, such as `acme`. */
  part: string;
  /** Why it is not known what is there: a directory that cannot be read. */
  failure?: PapyraError;
}

/** A path that some of the parts of a pattern have led to. */
interface Found {
  path: string;
  parts: string[];
  failure?: PapyraError;
}

/**
 * Goes down an absolute pattern part by part. What a part with a wildcard leads to is taken where it can hold, or be, a
 * log: hidden files are not, nor are the files of a rotating set behind its first one, what papyra and the runtime
 * leave beside a log, or a directory at the end. What is there but cannot be looked at is taken: opening it says why.
 */
export function expand(pattern: string): Match[] {
  const parts = pattern.split('/').filter(Boolean);
  let found: Found[] = [{ path: '/', parts: [] }];
  for (const [at, part] of parts.entries()) {
    const isLast = at === parts.length - 1;
    found = found.flatMap((place) => {
      if (place.failure) return [place];
      if (isWildcard(part)) return listed(place, part, isLast);
      return [{ ...place, path: join(place.path, literalOf(part)) }];
    });
  }
  return found
    .filter(({ path, failure }) => failure !== undefined || isThere(path))
    .map(({ path, parts: matched, failure }) => {
      return { path, part: matched.join('/'), ...(failure && { failure }) };
    });
}

function listed({ path, parts }: Found, pattern: string, isLast: boolean): Found[] {
  const isWanted = matcherOf(pattern);
  let names: string[];
  try {
    names = readdirSync(path).sort();
  } catch (error) {
    if (isAbsence(error)) return [];
    return [{ path, parts, failure: systemError(error, 'look for logs in', path) as PapyraError }];
  }
  return names
    .filter(
      (name) => isWanted(name) && !(isLast && (isBeside(name) || isDirectory(join(path, name)))),
    )
    .map((name) => ({ path: join(path, name), parts: [...parts, name] }));
}

/** Rotated files, quarantines, archives, and what a rewrite of the runtime leaves. */
const BESIDE = /\.\d+$|\.(?:compact|recovered)\.tmp$|\.quarantine\.|^papyra-archive_|\.papyra\b/;

function isBeside(name: string): boolean {
  return BESIDE.test(name);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** A link that leads nowhere is there, as is what cannot be looked at. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    return !isAbsence(error);
  }
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
}
