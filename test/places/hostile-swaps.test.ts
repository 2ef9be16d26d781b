import { execa, execaSync } from 'execa';
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BARE, isRoot, PAPYRA } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { title } from './log.js';

/** Who owns the log and its directory, and wants root to touch something else. */
const OWNER = 1234;
const EXPIRED = '{"kind": "event", "timestamp": 1.5}\n';
const CONTENT =
  EXPIRED.repeat(300) + `{"kind": "event", "n": 1, "timestamp": ${Date.now() / 1000}}\n`;
const CODES = [0, 1, 66, 74, 75, 77, 78];

/** A directory of the hostile owner with a log in it, and a vault of root that nothing may happen to. */
function stage() {
  const [base, vault] = [tempDirectory(), tempDirectory()];
  chmodSync(base, 0o755);
  const data = join(base, 'data');
  const token = randomUUID();
  for (const directory of [join(vault, 'decoy'), join(vault, 'decoy/.papyra'), data]) {
    mkdirSync(directory);
  }
  const secret = join(vault, 'secret');
  writeFileSync(secret, `${token}\n{"timestamp": 1.5, "token": "${token}"}\n`, { mode: 0o600 });
  // What has papyra's names there is not to be met.
  for (const name of ['events.ndjson', 'events.ndjson.1', '.events.ndjson.papyra.tmp', '.events.ndjson.papyra.lock', '.papyra/events.ndjson.metrics.json']) {
    writeFileSync(join(vault, 'decoy', name), `{"timestamp": 1.5, "token": "${token}"}\n`.repeat(9));
  } // prettier-ignore
  chmodSync(vault, 0o700);
  const log = join(data, 'events.ndjson');
  writeFileSync(log, CONTENT);
  for (const path of [base, data, log]) chownSync(path, OWNER, OWNER);
  return { base, vault, data, log, secret, token };
}

/** All of a tree that anybody could have touched. Links to its files are names of the owner's own. */
function snapshot(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const { mode, uid, gid, ino, size, mtimeNs } = lstatSync(path, { bigint: true });
      const hash = lstatSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''; // prettier-ignore
      return [name, mode, uid, gid, ino, size, mtimeNs, hash].join(' ');
    });
}

/** Nothing of root's was touched, and none of its bytes are where the owner can read them. */
function expectHarmless(
  at: string,
  { vault, data, token }: ReturnType<typeof stage>,
  before: string[],
  { exitCode, stdout, stderr, timedOut }: { exitCode?: number | undefined; stdout: string; stderr: string; timedOut: boolean }, // prettier-ignore
): void {
  expect({ at, timedOut, code: exitCode }).toEqual({ at, timedOut: false, code: expect.toBeOneOf(CODES) as number }); // prettier-ignore
  expect({ at, vault: snapshot(vault) }).toEqual({ at, vault: before });
  const readable = execaSync('find', [data, '-type', 'f', '-links', '1', '-exec', 'cat', '{}', '+'], { reject: false }); // prettier-ignore
  for (const text of [stdout, stderr, readable.stdout]) {
    expect({ at, leak: text.includes(token) }).toEqual({ at, leak: false });
  }
  expect(stderr).not.toMatch(/^\s+at |bug in papyra/m);
}

const REAL = { env: BARE, extendEnv: false, reject: false, timeout: 20_000 } as const;

const WAYS = {
  'a rewrite': ['persistence', 'compact', '--max-age', '52w'],
  'a removal in place': ['persistence', 'compact', '--max-age', '52w', '--in-place'],
  'a rotating set': ['persistence', 'compact', '--max-age', '52w', '--backend', 'rotating'],
  'an archive': ['persistence', 'compact', '--max-age', '52w', '--archive', 'ARCHIVE'],
};

/** Puts a link in the place of something, and that back, again and again; says how often. */
const SWAP = `
import os, signal, sys, time
path, decoy = sys.argv[1:]
swaps = 0
def stop(*_):
    print(swaps)
    sys.stdout.flush()
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
while True:
    try:
        os.rename(path, path + ".away")
        os.symlink(decoy, path)
        swaps += 1
        time.sleep(0.003)
        os.unlink(path)
        os.rename(path + ".away", path)
    except OSError:
        pass  # papyra has just given one of the names to something else.
    time.sleep(0.003)
`;

describe.skipIf(!isRoot)(title('root in the directory of a hostile owner'), () => {
  /** By which names are used. */
  const CALLS = ['openat', 'link', 'rename', 'unlink', 'symlink', 'mkdir', 'fchown'];
  const SWAPS = {
    'its directory': ({ data, vault }: ReturnType<typeof stage>) => [data, join(vault, 'decoy')],
    'the folder .papyra': ({ data, vault }: ReturnType<typeof stage>) => [join(data, '.papyra'), join(vault, 'decoy/.papyra')], // prettier-ignore
    'the log': ({ log, secret }: ReturnType<typeof stage>) => [log, secret],
  };

  test.each(Object.keys(SWAPS) as (keyof typeof SWAPS)[])(
    '%s is swapped for a link between any two calls: nothing of root is touched or shown',
    async (what) => {
      let swaps = 0;
      for (const call of CALLS) {
        for (const [way, args] of Object.entries(WAYS)) {
          const where = stage();
          mkdirSync(join(where.data, '.papyra'));
          mkdirSync(join(where.base, 'archive'));
          chownSync(join(where.data, '.papyra'), OWNER, OWNER);
          const [path, decoy] = SWAPS[what](where) as [string, string];
          const before = snapshot(where.vault);
          const inject = `inject=${call}:delay_enter=${call === 'openat' ? 2000 : 30_000}`;
          const words = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject, process.execPath, PAPYRA, ...args.map((arg) => arg.replace('ARCHIVE', join(where.base, 'archive'))), '--path', where.log]; // prettier-ignore
          const running = execa('strace', words, REAL);
          const swapper = execa('python3', ['-c', SWAP, path, decoy], { ...REAL, uid: OWNER, timeout: 30_000 }); // prettier-ignore
          const ended = await running;
          swapper.kill('SIGTERM');
          swaps += Number((await swapper).stdout);
          expectHarmless(`${way}, slow at ${call}`, where, before, ended);
        }
      }
      console.log(
        `${what}: swapped ${swaps} times in ${CALLS.length * Object.keys(WAYS).length} runs`,
      );
    },
    300_000,
  );
});
