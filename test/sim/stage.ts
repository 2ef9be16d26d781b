// Where the store of a world is: what writers, runs and other tools do to it is done through here.
import { execaSync } from 'execa';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { leftovers } from '../live/run.js';
import { mountImage, unmount, type makeImage } from '../support/disk-image.js';
import { isRoot } from '../support/papyra.js';
import { Random } from '../support/random.js';
import { startFileWriter, type Writer } from './actors.js';
import type { Told } from './told.js';
import type { Place, World, WriterPlan } from './world.js';

export interface Stage {
  /** How a command is told which store. */
  flags: string[];
  past: Told[];
  /** Lines of the past that are no records. */
  unreadable: string[];
  startWriter(plan: WriterPlan): Promise<Writer>;
  /** The lines of the store, oldest first. */
  lines(): Promise<string[]>;
  leftovers(): string[];
  /** Undoes what was mounted or started, and removes all files. */
  close(): Promise<void>;
}

export interface FileStage extends Stage {
  /** The log, or the active file of a set. */
  path: string;
  /** A directory of the same file system, for what is moved away. */
  aside: string;
  /** The root of the file system. */
  disk: string;
  /** It is a file system of its own, which may be filled. */
  own: boolean;
  /** A directory somewhere else. */
  outside: string;
}

const IMAGES: Record<Exclude<Place, 'plain' | 'tmpfs'>, Parameters<typeof makeImage>> = {
  ext4: ['ext4', '', ['-b', '4096']],
  'ext4-1k': ['ext4', '', ['-b', '1024']],
  xfs: ['xfs', ''],
  btrfs: ['btrfs', ''],
};

/** Room for the largest log twice, as a rewrite needs it: a disk is full only when a step has filled it. */
const MEGABYTES = 320;

const isKnownHere = (place: Place): boolean =>
  readFileSync('/proc/filesystems', 'latin1').includes(`\t${place.replace('-1k', '')}\n`);

interface Mounted {
  disk: string;
  /** It is a file system of its own. */
  own: boolean;
  unmount: () => void;
}

/** Only root can mount, and only what the kernel knows: else the world is played in a plain directory. */
function mountPlace(place: Place, outside: string): Mounted {
  const disk = join(outside, 'disk');
  mkdirSync(disk);
  if (place === 'plain' || !isRoot || !isKnownHere(place))
    return { disk, own: false, unmount: () => undefined };
  if (place === 'tmpfs')
    execaSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m,mode=755`, 'tmpfs', disk]);
  else {
    const image = join(outside, 'image');
    const [kind, , options] = IMAGES[place];
    mountImage(kind, image, disk, MEGABYTES, options);
  }
  return {
    disk,
    own: true,
    unmount: () => {
      unmount(disk);
    },
  };
}

export function openFileStage(world: World): FileStage {
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'papyra-sim-')));
  const { disk, own, unmount } = mountPlace(world.place, outside);
  const [directory, aside] = [join(disk, 'data'), join(disk, 'aside')];
  for (const made of [directory, aside, join(outside, 'archive')]) mkdirSync(made);
  const path = join(directory, 'events.ndjson');
  const past = makePast(world);
  writePast(path, past.lines, world);
  const { rotation } = world;
  const store = ['--path', path];
  if (rotation) store.push('--backend', 'rotating', '--max-bytes', `${rotation.maxBytes}`, '--max-files', `${rotation.maxFiles}`); // prettier-ignore
  return {
    flags: store,
    past: past.told,
    unreadable: past.unreadable,
    path,
    aside,
    disk,
    own,
    outside,
    startWriter: (plan) =>
      startFileWriter(plan, {
        path,
        told: join(outside, `told.${plan.id}`),
        rotation: rotation && [rotation.maxBytes, rotation.maxFiles],
      }),
    lines: () => Promise.resolve(filesOf(path).flatMap(linesOf)),
    leftovers: () => leftovers(path),
    close: () => {
      unmount();
      rmSync(outside, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** The files of a log or a set that are there, oldest first. */
export function filesOf(path: string): string[] {
  const rotated = Array.from({ length: 60 }, (_, index) => `${path}.${60 - index}`);
  return [...rotated, path].filter((file) => existsSync(file));
}

export const linesOf = (file: string): string[] => readFileSync(file, 'latin1').split('\n');

export const filesIn = (directory: string): string[] =>
  readdirSync(directory).map((name) => join(directory, name));

interface Past {
  told: Told[];
  unreadable: string[];
  lines: string[];
}

export function makePast({ seed, past }: World): Past {
  const random = new Random(seed ^ 0x5eed);
  const made: Past = { told: [], unreadable: [], lines: [] };
  const now = Date.now() / 1000;
  for (let n = 0; n < past.records; n++) {
    const expired = n < past.records * past.expired && random.chance(0.97);
    const timestamp = expired ? 1.5 : now - 20 * 86_400 * (1 - n / past.records);
    const line = `{"kind": "event", "writer": "past", "n": ${n}, "pad": "${'x'.repeat(random.below(150))}", "timestamp": ${timestamp}}`;
    const [begin, bytes, crc] = [n - past.records, line.length + 1, crc32(line)];
    made.told.push({ writer: 'past', n, begin, end: begin, timestamp, bytes, crc, state: 'whole' });
    made.lines.push(line);
  }
  for (let n = 0; n < past.unreadable; n++) {
    const line = `${random.pick(['\0\0\0', '{"kind": "ev', 'no JSON'])} ${n}`;
    made.unreadable.push(line);
    made.lines.splice(random.below(made.lines.length), 0, line);
  }
  return made;
}

/** The past of a set lies in as many files as the runtime would have made. */
export function writePast(path: string, lines: string[], { rotation }: World): void {
  const files = [['']];
  let size = 0;
  for (const line of lines) {
    size += line.length + 1;
    if (rotation && size > rotation.maxBytes && files.length < rotation.maxFiles) {
      files.push(['']);
      size = line.length + 1;
    }
    files.at(-1)!.push(line);
  }
  for (const [index, content] of files.reverse().entries()) {
    const text = Buffer.from(`${content.slice(1).join('\n')}\n`, 'latin1');
    writeFileSync(index === 0 ? path : `${path}.${index}`, text);
  }
}
