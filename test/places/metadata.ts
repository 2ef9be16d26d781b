import { execa, execaSync } from 'execa';
import { chownSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterwards } from '../support/mounts.js';
import { PLAIN_USER, publicInstall } from '../support/papyra.js';

export interface User {
  uid: number;
  gid: number;
}
export const user = (id: number): User => ({ uid: id, gid: id });

/** What there is to say about a file beside its content. */
export function metadata(path: string): Record<string, string[]> {
  const ask = (command: string, ...args: string[]) =>
    execaSync(command, [...args, path])
      .stdout.split('\n')
      .sort();
  return {
    acl: ask('getfacl', '--absolute-names', '--numeric'),
    attributes: ask('getfattr', '--absolute-names', '-d', '-m', '-', '-e', 'hex'),
    flags: ask('lsattr', '-p'),
    rights: ask('stat', '--format=%a %u %g'),
  };
}

const PROBE = {
  read: 'head -c 1 "$file" >/dev/null 2>&1',
  write: '(: >>"$file") 2>/dev/null',
};

/** A user who tries all the time to open whatever is in a directory; `stop` returns what that came to. */
export function startProbe(directory: string, what: keyof typeof PROBE, who: User) {
  const each = `for file in "$1"/* "$1"/.[!.]* "$1"/.papyra/*; do if [ -f "$file" ] && ${PROBE[what]}; then echo "$file"; fi; done`;
  const script = `trap stop=1 TERM; until [ "$stop" ]; do ${each}; sleep 0.01; done; ${each}`;
  const child = execa('/bin/sh', ['-c', script, 'sh', directory], { ...who, cwd: '/', reject: false }); // prettier-ignore
  afterwards(() => {
    child.kill('SIGKILL');
    return child;
  });
  return {
    async stop(): Promise<string[]> {
      child.kill('SIGTERM');
      const { stdout } = await child;
      return [...new Set(stdout.split('\n').filter((line) => line !== ''))];
    },
  };
}

/** How papyra runs as a plain user who owns a log and its directory. */
export function asOwner(log: string): { bin: string } & User {
  for (const path of [dirname(log), log]) chownSync(path, PLAIN_USER, PLAIN_USER);
  const bin = publicInstall();
  afterwards(() => rmSync(join(bin, '../..'), { recursive: true }));
  return { bin, uid: PLAIN_USER, gid: PLAIN_USER };
}
