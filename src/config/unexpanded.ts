// Finds paths that somebody wrote for a shell: ~, $HOME and ${NAME} are not expanded in a configuration.
//
// A job of cron or systemd, and root, have another home and other variables than the person who wrote the file, so an
// expanded path would be another log for each of them. A path that was written so is refused, with what to write. What
// really has such a name can be named: ./~/log, and a directory that is there may have a $ in its name.
import { lstatSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import type { Problem } from './explain.js';

/** Names of keys whose values are paths. A hook's program and a backend may be paths. */
const PATH_KEYS = ['path', 'dir', 'textfile', 'password_file', 'ca', 'cert', 'key'];

/** `base`: where relative paths start; null: there is no working directory. */
export function unexpandedPaths(content: unknown, base: string | null): Problem[] {
  return paths(content, []).flatMap(([keys, path]) => {
    const problem = problemOf(path, base ?? '/');
    return problem ? [{ path: keys.join('.'), ...problem }] : [];
  });
}

/** All values of a configuration that are paths, in the order in which they stand there. */
function paths(node: unknown, keys: readonly string[]): [keys: readonly string[], path: string][] {
  if (typeof node === 'string') return isPath(keys, node) ? [[keys, node]] : [];
  if (Array.isArray(node) && keys[0] === 'hooks') {
    const program: unknown = node[0];
    return typeof program === 'string' && program.includes('/') ? [[keys, program]] : [];
  }
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return [];
  return Object.entries(node).flatMap(([name, value]) => paths(value, [...keys, name]));
}

function isPath(keys: readonly string[], value: string): boolean {
  const name = keys.at(-1)!;
  return PATH_KEYS.includes(name) || (name === 'backend' && value.includes('/'));
}

/**
 * The same for a path outside of a configuration: systemd and cron set variables that no shell reads, and a shell leaves
 * `--path=~/log` as it is.
 *
 * @throws {PapyraError} `usage` with what to write.
 */
export function assertExpanded(name: string, path: string | undefined, base: string | null): void {
  const wrong = path === undefined ? null : problemOf(path, base ?? '/');
  if (wrong) throw new PapyraError('usage', `${name}: ${wrong.problem}`, { hint: wrong.hint });
}

/** A path that a call was given, as an absolute one. */
export function givenPath(name: string, path: string): string {
  assertExpanded(name, path, process.cwd());
  return resolve(path);
}

/** What is wrong with a path; null: nothing. */
function problemOf(path: string, base: string): { problem: string; hint: string } | null {
  const tilde = /^~[\w.-]*(?=\/|$)/.exec(path)?.[0];
  if (tilde !== undefined) {
    const home = tilde === '~' ? homedir() : `/home/${tilde.slice(1)}`;
    return {
      problem: `found ${JSON.stringify(path)}: ~ is not expanded here, as each user has another home`,
      hint: `write ${join(home, path.slice(tilde.length))}; or ./${path} for a directory that has that name`,
    };
  }
  const variable = /\$(?:\{(\w+)[^}]*\}|([A-Za-z_]\w*))/.exec(path);
  if (!variable || isThere(upTo(path, variable), base)) return null;
  const value = process.env[variable[1] ?? variable[2]!];
  const meant = value?.startsWith('/') ? path.replace(variable[0], () => value) : undefined;
  return {
    problem: `found ${JSON.stringify(path)}: variables are not expanded here, as a scheduler has others than your shell`,
    hint: `write the path itself${meant === undefined ? '' : `, here ${meant}`}`,
  };
}

/** The path up to the end of the name with the variable in it. */
function upTo(path: string, { index, 0: text }: RegExpExecArray): string {
  const end = path.indexOf('/', index + text.length);
  return end < 0 ? path : path.slice(0, end);
}

function isThere(path: string, base: string): boolean {
  const absolute = resolve(base, path);
  return absolute !== dirname(absolute) && lstatSync(absolute, { throwIfNoEntry: false }) !== undefined; // prettier-ignore
}
