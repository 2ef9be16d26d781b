// Makes packages for their tests, and roots in which they are tried.
import { execaSync, type SyncOptions } from 'execa';
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, type Run } from './papyra.js';
import { tempDirectory } from './temp.js';

export const ONE_FILE = `papyra-${version()}-linux-${process.arch}`;

export function version(): string {
  return execaSync('npm', ['pkg', 'get', 'version'], { cwd: ROOT }).stdout.replaceAll('"', '');
}

/** Runs a script of packaging/ on what is built; what it makes is in this folder. */
export function makePackages(out: string, script: string, args: string[] = []): void {
  // A commit that is made meanwhile would give another time.
  const env = { PAPYRA_PACKAGES: out, SOURCE_DATE_EPOCH: '1700000000' };
  execaSync('npx', ['tsx', join('packaging', `${script}.ts`), ...args], { cwd: ROOT, env });
}

/** An empty root: a directory with nothing but what a program is linked to. */
export function emptyRoot(program: string): string {
  const root = join(tempDirectory(), 'root');
  for (const folder of ['usr/local/bin', 'proc', 'dev', 'tmp', 'data', 'etc']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  chmodSync(dirname(root), 0o755);
  chmodSync(join(root, 'tmp'), 0o1777);
  const linked = execaSync('ldd', [program]).stdout.matchAll(/(\/\S+) \(0x/g);
  for (const [, library] of linked) cpSync(library!, join(root, library!), { dereference: true, recursive: true }); // prettier-ignore
  return root;
}

/** A small Debian in which packages can be installed. The same one is unpacked for each test. */
export function debianSystem(): string {
  const tarball = join(ROOT, 'dist-packages/fetched/test-system.tar');
  // mmdebstrap looks at the end of the name.
  const making = tarball.replace(/\.tar$/, '.new.tar');
  if (!existsSync(tarball)) {
    mkdirSync(dirname(tarball), { recursive: true });
    const include = '--include=man-db,libstdc++6';
    execaSync('mmdebstrap', ['--quiet', '--variant=essential', include, 'bookworm', making]); // prettier-ignore
    execaSync('mv', [making, tarball]);
  }
  const root = join(tempDirectory(), 'system');
  mkdirSync(root);
  chmodSync(dirname(root), 0o755);
  execaSync('tar', ['--extract', '--file', tarball, '--directory', root, '--exclude=./dev/*']);
  mkdirSync(join(root, 'data'));
  return root;
}

export interface Container {
  /** A user and a group, by number; default: root. */
  user?: string;
  /** As a job of Kubernetes: a read-only root, no capabilities, no new privileges, no process of others in sight. */
  confined?: boolean;
  /** A directory that is mounted at /data. */
  data?: string;
  /** Commands of a shell that come before; $root is the root. */
  before?: string;
}

const IN_ROOT = `
  mount --make-rprivate /
  mount --bind "$root" "$root"
  mount -t tmpfs -o size=64k,mode=755 none "$root/dev"
  for device in null:3 zero:5 random:8 urandom:9; do
    mknod -m 666 "$root/dev/\${device%:*}" c 1 "\${device#*:}"
  done
  mount -t proc proc "$root/proc"
`;

/** A build that counts writes down what it has reached in the folder of this name. */
const FOLDER = process.env['PAPYRA_COVERAGE'];
const COUNT_IN_ROOT = FOLDER ? `mkdir -p "$root${FOLDER}"; mount --bind '${FOLDER}' "$root${FOLDER}"` : ''; // prettier-ignore

/** Runs a command in a root, with a view of mounts (and of processes, when it is confined) of its own. */
export function inRoot(root: string, command: string[], container: Container = {}): Run {
  const { user = '0:0', confined = false, data, before = '' } = container;
  const steps = [
    'set -eu; root=$1; shift',
    IN_ROOT,
    data === undefined ? '' : `mount --bind '${data}' "$root/data"`,
    before,
    COUNT_IN_ROOT,
    confined ? 'mount -o remount,bind,ro "$root"' : '',
    `exec ${confined ? CONFINED : ''} chroot --userspec=${user} --groups= "$root" "$@"`,
  ];
  const namespaces = ['--mount', ...(confined ? ['--pid', '--fork', '--kill-child'] : [])];
  const options: SyncOptions = { reject: false, extendEnv: false, stdin: 'ignore', env: ENVIRONMENT }; // prettier-ignore
  const args = [...namespaces, 'sh', '-c', steps.join('\n'), 'sh', root, ...command];
  const run = execaSync('unshare', args, { ...options, stripFinalNewline: false });
  return { code: run.exitCode ?? -1, stdout: String(run.stdout), stderr: String(run.stderr) };
}

const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C.UTF-8' };

/** What chroot itself needs is left; no user but root can use it. */
const CONFINED = 'setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+sys_chroot,+setuid,+setgid'; // prettier-ignore

/** Keeps what all tests of a file use until its end. */
export function lastingDirectory(): { path: string; remove: () => void } {
  const path = execaSync('mktemp', ['--directory', '--tmpdir', 'papyra-packages-XXXXXX']).stdout;
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A log with records that have expired and others that have not. */
export function someLog(path: string, expired: number, kept: number, owner?: number): void {
  const now = Date.now() / 1000;
  const line = (timestamp: number, n: number) => `{"kind":"event","timestamp":${timestamp},"n":${n}}\n`; // prettier-ignore
  const old = Array.from({ length: expired }, (_, n) => line(now - 1e6, n));
  const fresh = Array.from({ length: kept }, (_, n) => line(now, n));
  writeFileSync(path, [...old, ...fresh].join(''));
  if (owner !== undefined) execaSync('chown', ['--recursive', `${owner}:${owner}`, dirname(path)]);
}
