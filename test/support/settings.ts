import { chmodSync, cpSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BARE, papyra, ROOT } from './papyra.js';
import { tempDirectory } from './temp.js';

/** A copy of the stand-in of the runtime and its application, which root may execute: nobody else can write it. */
export function standIn(): string {
  const directory = tempDirectory();
  cpSync(join(ROOT, 'test/config/settings-stand-in'), directory, { recursive: true });
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    chmodSync(path, lstatSync(path).isDirectory() ? 0o755 : 0o644);
  }
  chmodSync(directory, 0o755);
  return directory;
}

/** `papyra config import` with a class of `shop.settings`, where the application is. */
export function importOf(
  directory: string,
  settings: string,
  args: string[] = [],
  env: Record<string, string> = {},
) {
  const module = settings.includes('.') ? settings : `shop.settings.${settings}`;
  return papyra(['config', 'import', '--settings-module', module, ...args], {
    cwd: directory,
    // Not the shims of a version manager, each of which takes as long as all the rest.
    env: { ...BARE, PATH: '/usr/bin:/bin', ...env },
  });
}
