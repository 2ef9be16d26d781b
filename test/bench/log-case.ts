// Opens a case of a log: each contender is a shell command that gets a fresh copy of the log.
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fillDisk, mountImage, unmount } from '../support/disk-image.js';
import { ROOT } from '../support/papyra.js';
import { filled, isInstalled, measured, PAPYRA_BIN, settle, shell } from './command.js';
import type { Bench, Bound, Case, Contender, Figures, Group, Trial } from './contender.js';
import { cutoff, type LogSize, nearlyAll, type Shape } from './data.js';
import { freshLog } from './fresh-log.js';
import { grouped, megabytes } from './text.js';

export interface LogContender {
  name: string;
  /** Words in capitals are filled in (`words`). It reads LOG and leaves its result in OUT or LOG. */
  command: string;
  /** Where the result is, and how it is compared: byte by byte, or by the number of records. */
  result?: { file: 'LOG' | 'OUT'; compare: 'bytes' | 'count' };
  /** The program, or the module, that must be there. */
  needs?: string;
  /** So many megabytes are left on the disk before it starts. */
  free?: number;
  bound?: Bound;
}

export interface LogCase {
  name: string;
  group?: Group;
  shape?: Shape;
  /** How many records: exactly, or so many times what was asked for. Default: what was asked for. */
  records?: number;
  times?: number;
  /** Done to the fresh log before the clock starts, not counted. */
  before?: string;
  /** On a disk of its own of this kind; default: where the benchmarks work. */
  disk?: 'xfs' | 'btrfs';
  again?: number;
  contenders: LogContender[];
}

export const PAPYRA = 'node BIN persistence compact --path LOG';

/** Bytes of a record, roughly. */
export const RECORD = 245;

export const countOf = ({ records, times = 1 }: LogCase, bench: Bench): number =>
  records ?? bench.records * times;

export function logCase(one: LogCase): Case {
  return {
    name: one.name,
    group: one.group ?? 'log',
    hasBound: one.contenders.some(({ bound }) => bound !== undefined),
    // The log, the copy that is worked on, and what comes out.
    room: (bench) => countOf(one, bench) * RECORD * (one.disk === undefined ? 3.2 : 4.2),
    ...(one.disk === undefined ? {} : { refusal: () => noDisk(one.disk!) }),
    ...(one.again === undefined ? {} : { again: one.again }),
    open: (bench) => open(one, bench),
  };
}

function noDisk(kind: string): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount a disk';
  return isInstalled(`mkfs.${kind}`) ? undefined : `mkfs.${kind} is not installed`;
}

function open(one: LogCase, bench: Bench): Trial {
  const count = countOf(one, bench);
  const fresh = freshLog(bench, one.shape ?? 'plain', count);
  const place = openPlace(one, bench, fresh.bytes);
  const contenders = one.contenders.filter(isHere);
  const results = new Map<string, string>();
  return {
    contenders: contenders.map((spec) => contenderOf(spec, { one, bench, count, fresh, place, results })), // prettier-ignore
    missing: one.contenders.filter((contender) => !isHere(contender)).map(({ name }) => name),
    subject: `${grouped(fresh.records)} records, ${megabytes(fresh.bytes)}`,
    close: () => place.close(),
  };
}

function isHere({ needs }: LogContender): boolean {
  if (needs === undefined) return true;
  if (!needs.startsWith('@')) return isInstalled(needs);
  try {
    createRequire(import.meta.url).resolve(needs);
    return true;
  } catch {
    return false;
  }
}

interface Place {
  directory: string;
  close(): void;
}

function openPlace({ disk }: LogCase, bench: Bench, bytes: number): Place {
  const directory = join(bench.directory, 'work');
  mkdirSync(directory);
  if (disk === undefined) {
    return { directory, close: () => rmSync(directory, { recursive: true }) };
  }
  const image = join(bench.directory, 'image');
  mountImage(disk, image, directory, Math.max(512, Math.ceil((bytes * 3) / 2 ** 20)));
  return {
    directory,
    close() {
      unmount(directory);
      rmSync(image);
      rmSync(directory, { recursive: true });
    },
  };
}

interface Setting {
  one: LogCase;
  bench: Bench;
  count: number;
  fresh: LogSize & { path: string };
  place: Place;
  /** What contenders left, by the way in which it is compared. */
  results: Map<string, string>;
}

function contenderOf(spec: LogContender, setting: Setting): Contender {
  const { one, bench, place, results } = setting;
  const { directory } = place;
  const ready = (command: string) => filled(command, words(setting));
  return {
    name: spec.name,
    isPapyra: spec.command.includes('BIN'),
    ...(spec.bound === undefined ? {} : { bound: spec.bound }),
    prepare() {
      shell(ready('find . -mindepth 1 -delete && sync && cp FRESH LOG'), directory);
      if (one.before !== undefined) shell(ready(one.before), directory);
      settle(directory, 'log.ndjson*', bench.cold);
      if (spec.free !== undefined) fillDisk(directory, spec.free);
    },
    run: () => (one.disk === undefined ? measured : measuredOnDisk)(ready(spec.command), directory),
    async check() {
      if (spec.result === undefined) return;
      const { file, compare } = spec.result;
      const result = await fingerprint(ready(file), compare);
      const other = results.get(compare) ?? result;
      results.set(compare, other);
      if (other !== result) throw new Error(`the ${compare} that ${spec.name} leaves is ${result}, others leave ${other}`); // prettier-ignore
    },
  };
}

function words({ bench, count, fresh, place }: Setting): Record<string, string | number> {
  const now = Date.now() / 1000;
  return {
    LOG: join(place.directory, 'log.ndjson'),
    OUT: join(place.directory, 'out'),
    FRESH: fresh.path,
    BIN: PAPYRA_BIN,
    DUCKDB: join(ROOT, 'test/bench/duckdb.mjs'),
    CUTOFF: cutoff(count),
    AGE: Math.round(now - cutoff(count)),
    NEARLY: Math.round(now - nearlyAll(count)),
    HALF: count - Math.floor(count / 2),
    PERCENT: Math.floor(count / 100),
    BYTES: Math.floor(fresh.bytes / 2),
    HALFBYTES: fresh.half,
    SEED: bench.seed,
  };
}

/** With what is free afterwards that was not before: a file system may keep what a file no longer uses. */
function measuredOnDisk(command: string, directory: string): Figures {
  const free = () => {
    shell('sync -f .', directory);
    const { bfree, bsize } = statfsSync(directory);
    return bfree * bsize;
  };
  const before = free();
  const figures = measured(command, directory);
  return { ...figures, freed_mb: (free() - before) / 1e6 };
}

/** What a result is, in a word: of the bytes, or of how many records there are. */
async function fingerprint(path: string, compare: 'bytes' | 'count'): Promise<string> {
  const hash = createHash('sha256');
  let lines = 0;
  let head = true;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    if (compare === 'bytes') hash.update(bytes);
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1;
    // Fillers are nobody's records.
    if (head) lines -= bytes.toString('latin1').match(/^\{"kind":"compaction".*$/gm)?.length ?? 0;
    head = false;
  }
  return compare === 'bytes' ? hash.digest('hex').slice(0, 12) : String(lines);
}
