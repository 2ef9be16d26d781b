import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDirectory } from './temp.js';

/** Writes a configuration, in place of one that was there: an object as JSON, a text as it is. */
export function writeConfig(file: string, content: object | string, mode?: number): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(file, text, mode === undefined ? {} : { mode });
  return file;
}

/** A configuration in a directory of its own. */
export function tempConfig(content: object | string, mode?: number): string {
  const name = typeof content === 'string' ? 'papyra.yaml' : 'papyra.config.json';
  return writeConfig(join(tempDirectory(), name), content, mode);
}

/** A configuration of a Redis store in a directory of its own, readable by its owner alone: it may have a password. */
export function tempRedisConfig(persistence: object, rest: object = {}): string {
  return tempConfig({ persistence: { backend: 'redis', ...persistence }, ...rest }, 0o600);
}
