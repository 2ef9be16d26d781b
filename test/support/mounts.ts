import { execa, execaSync } from 'execa';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type DiskKind, mountImage, Refused, unmount } from './disk-image.js';
import { BARE } from './papyra.js';
import { tempDirectory } from './temp.js';

type Step = () => unknown;
const undo: Step[] = [];

/** The last thing made goes first, whatever happens; the files under it go when all of them are undone. */
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Does something after the test, whatever became of it. */
export function afterwards(step: Step): void {
  undo.push(step);
}

/** An empty directory that everybody may enter. */
export function openDirectory(name: string): string {
  const parent = tempDirectory();
  chmodSync(parent, 0o755);
  const path = join(parent, name);
  mkdirSync(path);
  return path;
}

function unmountLater(point: string): void {
  afterwards(() => unmount(point));
}

function mount(args: string[], point: string): string {
  const { failed, stderr } = execaSync('mount', [...args, point], { reject: false });
  if (failed) throw new Refused(stderr);
  unmountLater(point);
  return point;
}

/** A file system of its own in an image file, made with further options of its mkfs. */
export function disk(kind: DiskKind, options: string[] = [], megabytes?: number): string {
  const point = openDirectory('disk');
  mountImage(kind, `${point}.image`, point, megabytes, options);
  unmountLater(point);
  return point;
}

export function tmpfs(): string {
  return mount(['-t', 'tmpfs', '-o', 'size=64m,mode=755', 'tmpfs'], openDirectory('memory'));
}

/** A squashfs that holds what is in a directory. */
export function squashed(directory: string): string {
  const point = openDirectory('squashed');
  execaSync('mksquashfs', [directory, `${point}.image`, '-quiet', '-no-progress']);
  return mount(['-o', 'loop', `${point}.image`], point);
}

export interface Overlay {
  point: string;
  upper: string;
  work: string;
}

/** An overlay with its upper and work directories on a disk. */
export function overlay(on: string, lower = openDirectory('lower'), options = ''): Overlay {
  const [upper, work] = [join(on, 'upper'), join(on, 'work')];
  for (const path of [upper, work]) mkdirSync(path);
  const where = `lowerdir=${lower},upperdir=${upper},workdir=${work}${options}`;
  const point = mount(['-t', 'overlay', '-o', where, 'overlay'], openDirectory('merged'));
  return { point, upper, work };
}

/** A second place for a directory or, for a file, of that file alone. */
export function bind(source: string, target: string): string {
  return mount(['--bind', source], target);
}

/** An empty file to mount another one on. */
export function emptyFile(): string {
  const path = join(openDirectory('elsewhere'), 'bound.ndjson');
  writeFileSync(path, '');
  return path;
}

const FUSE = {
  bindfs: [],
  // One file has one inode number there only if it says so itself.
  mergerfs: ['-o', 'allow_other,use_ino,minfreespace=0'],
  'mergerfs without numbers': ['-o', 'allow_other,minfreespace=0'],
};

/** A directory seen through FUSE. */
export function fuse(
  kind: keyof typeof FUSE,
  source: string,
  more: readonly string[] = [],
): string {
  const point = openDirectory('fuse');
  const args = [...FUSE[kind], ...more, source, point];
  const { failed, stderr } = execaSync(kind.split(' ')[0]!, args, { reject: false });
  if (failed) throw new Refused(stderr);
  unmountLater(point);
  return point;
}

/** A file system whose attributes are not what it says: see odd-attributes.py. */
export function oddAttributes(): string {
  const point = openDirectory('odd');
  // Debian's own python3, which has its package of FUSE.
  const script = join(import.meta.dirname, 'odd-attributes.py');
  const { failed, stderr } = execaSync('/usr/bin/python3', [script, point], { reject: false, stdio: ['ignore', 'ignore', 'pipe'] }); // prettier-ignore
  if (failed) throw new Refused(stderr);
  unmountLater(point);
  return point;
}

/** A process that is there until the test is over. */
export async function lasting(command: string, args: string[]): Promise<{ pid: number }> {
  const child = execa(command, args, { env: BARE, extendEnv: false, reject: false });
  afterwards(async () => {
    child.kill('SIGKILL');
    await child;
  });
  // Its first word says that it is ready.
  await Promise.race([once(child.stdout, 'data'), child]);
  if (child.exitCode !== null) throw new Error(`${command} ended: ${(await child).stderr}`);
  return { pid: child.pid! };
}

export interface Namespace {
  /** A process that is in it. */
  pid: number;
  /** A command that does in it what another one does here. */
  within: (...command: string[]) => string[];
}

const UNSHARE = ['--mount', '--propagation', 'private', 'sh', '-ec'];

/** A mount namespace of its own, in which a shell has prepared something. */
export async function namespace(script: string, ...args: string[]): Promise<Namespace> {
  const whole = `${script}\necho ready; exec sleep 1000000`;
  const { pid } = await lasting('unshare', [...UNSHARE, whole, 'sh', ...args]);
  return { pid, within: (...command) => ['nsenter', `--mount=/proc/${pid}/ns/mnt`, ...command] };
}

const CONTAINER = `
mount -t tmpfs tmpfs "$1"; cd "$1"
mkdir usr inside old proc; ln -s usr/bin bin; ln -s usr/lib lib; ln -s usr/lib64 lib64
mount --bind /usr usr; mount -t proc proc proc
: >inside/bound.ndjson; mount --bind "$2" inside/bound.ndjson
pivot_root . old; cd /; umount --lazy /old`;

/** A root of its own in which a log is mounted, alone, as /inside/bound.ndjson. */
export async function container(log: string): Promise<Namespace & { point: string }> {
  const { pid } = await namespace(CONTAINER, openDirectory('root'), log);
  return {
    pid,
    within: (...command) => ['nsenter', `--target=${pid}`, '--mount', '--root', ...command],
    point: '/inside/bound.ndjson',
  };
}
