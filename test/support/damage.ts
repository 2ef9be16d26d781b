// Makes damaged logs and rotating sets from a seed, and says what is wrong with them and what a recovery must leave.
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fillers } from '../../src/files/filler.js';
import type { AnomalyKind } from '../../src/report/anomalies.js';
import type { Random } from './random.js';
import { records } from './records.js';

/** What was done to a file, or to the directory. */
export type Fault =
  | 'glued'
  | 'torn and glued'
  | 'zeros'
  | 'zeros in front'
  | 'zeros over a page'
  | 'hole'
  | 'bad UTF-8'
  | 'foreign line'
  | 'half filler'
  | 'torn tail'
  | 'whole tail'
  | 'zeros at the end'
  | 'foreign tail'
  | 'glued tail'
  | 'blank tail'
  | 'index too high'
  | 'neighbour';

/** What a scan must name. Of `ORPHANED_ROTATED_FILE` and `UNEXPECTED_FILE` the file alone: the rest is null. */
export interface ExpectedAnomaly {
  kind: AnomalyKind;
  /** The name of the file in its directory. */
  file: string;
  /** The first line of a file is 1. */
  line: number | null;
  offset: number | null;
  /** With the newline of a complete line. */
  bytes: number | null;
  /** Why it is there: for the message of a test that fails. */
  fault: Fault;
}

export interface DamagedFile {
  name: string;
  content: Buffer;
  /** What a recovery must leave. */
  recovered: Buffer;
  /** Ranges of the content that are not on the disk: they read as zeros. */
  holes: { start: number; end: number }[];
  /** Lines that are records, fillers included, once it is recovered. */
  records: number;
}

export interface DamagedStore {
  seed: number;
  backend: 'json' | 'rotating';
  /** The name of the log, or of the active file. */
  name: string;
  maxFiles: number;
  /** The files of the store, in the order in which they are read: the oldest first, the active one last. */
  files: DamagedFile[];
  /** Other files of the directory, which a repair leaves as they are: those with an index that is too high, and more. */
  others: DamagedFile[];
  /** In the order of `files`, and in each by offset; then rotated files by index, then other files by name. */
  anomalies: ExpectedAnomaly[];
  /** Bytes of `files`, and how many of them a recovery removes. */
  bytes: number;
  bytesGoing: number;
}

const NEWLINE = Buffer.from('\n');
const PAGE = 4096;
const START = 1_790_000_000;

/** Objects that are easily taken for no records. */
const ODD_RECORDS = [
  '{}',
  '{"timestamp": NaN}',
  '{"timestamp": -Infinity, "a": [Infinity]}',
  '{"timestamp": 1790000001.5}\r',
  ' \t{"timestamp": 1790000001.5} ',
  '{"timestamp": "2026-01-01"}',
  '{"a": "\\u0000\\ud800", "b": 123456789012345678901234567890}',
  '{"a": "ü日\u2028\u{1f600}\u007f"}',
];
const BLANK = ['', ' ', '\t', '\r', ' \t \r'];
const FOREIGN = [
  'hello',
  '5',
  'null',
  'NaN',
  '"text"',
  '[]',
  '[1, 2]',
  '[{"timestamp": 1790000001.5}]',
  '# a comment',
  "{'timestamp': 1790000001.5}",
  '{"timestamp": 1790000001.5,}',
  '{"timestamp": 01}',
  '2026-11-22 05:00:00 INFO {"timestamp": 1790000001.5}',
  '\ufeff{"timestamp": 1790000001.5}',
  '}',
];
/** A byte that never is, a lone continuation, an overlong zero, half a pair, beyond Unicode, one cut off. */
const BAD_UTF8 = ['ff', '80', 'c080', 'eda080', 'f4908080', 'e697'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/** A damaged store; the same state of `random` makes the same one. */
export function damagedStore(random: Random, backend: 'json' | 'rotating'): DamagedStore {
  const name = backend === 'json' ? 'events.ndjson' : 'events.log';
  const maxFiles = backend === 'json' ? 1 : 2 + random.below(4);
  const damage = new Damage(random);
  const files: DamagedFile[] = [];
  for (let index = maxFiles - 1; index >= 0; index--) {
    // Also a set with a gap in its numbers.
    if (index > 0 && random.chance(0.15)) continue;
    files.push(damage.file(index === 0 ? name : `${name}.${index}`));
  }
  const others = damage.neighbours(name, backend === 'json' ? null : maxFiles);
  const sizeOf = (of: 'content' | 'recovered') =>
    files.reduce((sum, file) => sum + file[of].length, 0);
  const { anomalies } = damage;
  const bytesGoing = anomalies
    .filter(({ fault }) => fault !== 'whole tail')
    .reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  return { seed: random.seed, backend, name, maxFiles, files, others, anomalies, bytes: sizeOf('content'), bytesGoing }; // prettier-ignore
}

/** One record, torn behind each of its bytes in turn; the last one is whole, and lacks its newline alone. */
export function* tornTails(random: Random): Generator<DamagedStore> {
  const name = 'events.ndjson';
  const [before, torn] = [...records({ seed: random.below(1e9), count: 2, start: START, step: 60 })].map((text) => Buffer.from(text)); // prettier-ignore
  for (let length = 1; length <= torn!.length; length++) {
    const file = new FileBuilder(name);
    file.keep(before!);
    const fault = length === torn!.length ? 'whole tail' : 'torn tail';
    file.tail(torn!.subarray(0, length), fault);
    const { anomalies } = file;
    const done = file.done();
    yield {
      ...{ seed: random.seed, backend: 'json', name, maxFiles: 1, files: [done], others: [] },
      ...{ anomalies, bytes: done.content.length },
      bytesGoing: fault === 'whole tail' ? 0 : length,
    };
  }
}

/** Writes all files of a store, holes as holes. Returns the path of the log. */
export function writeStore(directory: string, store: DamagedStore): string {
  for (const { name, content, holes } of [...store.files, ...store.others]) {
    const fd = openSync(join(directory, name), 'wx');
    let at = 0;
    for (const { start, end } of [...holes, { start: content.length, end: content.length }]) {
      writeSync(fd, content, at, start - at, at);
      at = end;
    }
    ftruncateSync(fd, content.length);
    closeSync(fd);
  }
  return join(directory, store.name);
}

/** Puts one file together, and keeps account of its lines. */
class FileBuilder {
  readonly anomalies: ExpectedAnomaly[] = [];
  readonly #file: string;
  readonly #content: Buffer[] = [];
  readonly #recovered: Buffer[] = [];
  readonly #holes: DamagedFile['holes'] = [];
  #line = 1;
  #records = 0;
  offset = 0;

  constructor(name: string) {
    this.#file = name;
  }

  /** A record, which stays. */
  keep(record: Buffer): void {
    this.#records += 1;
    this.blank(record);
  }

  /** A line that is no record, and stays all the same. */
  blank(line: Buffer): void {
    const bytes = Buffer.concat([line, NEWLINE]);
    this.#recovered.push(bytes);
    this.#add(bytes);
    this.#line += 1;
  }

  /** A complete line that must go. */
  corrupt(line: Buffer, fault: Fault): void {
    const bytes = Buffer.concat([line, NEWLINE]);
    this.#report('CORRUPTED_LINE', bytes, fault);
    this.#add(bytes);
    this.#line += 1;
  }

  /** What stands behind the last newline. */
  tail(bytes: Buffer, fault: Fault): void {
    this.#report('TRUNCATED_LINE', bytes, fault);
    if (fault === 'whole tail') {
      this.#records += 1;
      this.#recovered.push(bytes, NEWLINE);
    }
    this.#add(bytes);
  }

  hole(start: number, end: number): void {
    this.#holes.push({ start, end });
  }

  done(): DamagedFile {
    return {
      name: this.#file,
      content: Buffer.concat(this.#content),
      recovered: Buffer.concat(this.#recovered),
      holes: this.#holes,
      records: this.#records,
    };
  }

  #report(kind: AnomalyKind, { length }: Buffer, fault: Fault): void {
    const [line, offset] = [this.#line, this.offset];
    this.anomalies.push({ kind, file: this.#file, line, offset, bytes: length, fault });
  }

  #add(bytes: Buffer): void {
    this.#content.push(bytes);
    this.offset += bytes.length;
  }
}

/** Draws files, and the faults in them. */
class Damage {
  readonly anomalies: ExpectedAnomaly[] = [];
  readonly #random: Random;
  readonly #records: Generator<string>;

  constructor(random: Random) {
    this.#random = random;
    const seed = random.below(1e9);
    this.#records = records({ seed, count: Infinity, start: START, step: 60 });
  }

  file(name: string): DamagedFile {
    const random = this.#random;
    const file = new FileBuilder(name);
    if (random.chance(0.08)) return file.done();
    this.#start(file);
    const wild = random.pick([0, 0.02, 0.1, 0.5]);
    for (let lines = random.below(60); lines > 0; lines--) {
      const what = random.next();
      if (random.chance(wild)) file.corrupt(...this.#badLine(file));
      else if (what < 0.05) file.blank(Buffer.from(random.pick(BLANK)));
      else if (what < 0.1) file.keep(Buffer.from(random.pick(ODD_RECORDS)));
      else file.keep(this.#record());
    }
    if (random.chance(0.4)) file.tail(...this.#tail());
    this.anomalies.push(...file.anomalies);
    return file.done();
  }

  /** `maxFiles`: null for a log that does not rotate. */
  neighbours(name: string, maxFiles: number | null): DamagedFile[] {
    const random = this.#random;
    const drawn = (names: string[]) => names.filter(() => random.chance(0.15));
    const plain = (other: string) => this.#unscanned(other);
    const tooHigh = maxFiles === null ? [] : [maxFiles, maxFiles + 1, maxFiles + 17];
    const orphans = drawn(tooHigh.map((index) => `${name}.${index}`));
    const odd = drawn(['-copy', '.bak', '.gz', '.old.1', 'foo', '~'].map((end) => name + end));
    const innocent = drawn(['other.log', 'events', `.${name}.swp`]);
    const named = (kind: AnomalyKind, fault: Fault) => (file: string) =>
      this.anomalies.push({ kind, file, line: null, offset: null, bytes: null, fault });
    orphans.forEach(named('ORPHANED_ROTATED_FILE', 'index too high'));
    odd.forEach(named('UNEXPECTED_FILE', 'neighbour'));
    return [...orphans, ...odd, ...innocent].map(plain);
  }

  /** What is in it does not matter: no scan reads it. */
  #unscanned(name: string): DamagedFile {
    const content = Buffer.concat([this.#record(), NEWLINE, this.#torn()]);
    return { name, content, recovered: content, holes: [], records: 1 };
  }

  /** Now and then one or two fillers, or what is left of one. */
  #start(file: FileBuilder): void {
    const random = this.#random;
    if (!random.chance(0.2)) return;
    const lines = Array.from({ length: 1 + random.below(2) }, () => {
      const [filler] = fillers('0123456789', 100 + random.below(3 * PAGE));
      return filler!.subarray(0, -1);
    });
    if (random.chance(0.5)) {
      const half = lines.shift()!;
      file.corrupt(half.subarray(1 + random.below(half.length - 2)), 'half filler');
    }
    for (const line of lines) file.keep(line);
  }

  #badLine(file: FileBuilder): [line: Buffer, fault: Fault] {
    const random = this.#random;
    const record = this.#record();
    switch (random.below(8)) {
      case 0:
        return [Buffer.concat([record, this.#record()]), 'glued'];
      case 1:
        return [Buffer.concat([this.#torn(), record]), 'torn and glued'];
      case 2:
        return [this.#withZeros(record), 'zeros'];
      case 3:
        return [Buffer.concat([this.#zeros(), record]), 'zeros in front'];
      case 4:
        return [this.#overPages(file, random.below(3)).line, 'zeros over a page'];
      case 5: {
        const { line, start, end } = this.#overPages(file, 1 + random.below(3));
        file.hole(start, end);
        return [line, 'hole'];
      }
      case 6:
        return [this.#withBadUtf8(record), 'bad UTF-8'];
      default:
        return [Buffer.from(random.pick(FOREIGN)), 'foreign line'];
    }
  }

  #tail(): [bytes: Buffer, fault: Fault] {
    const random = this.#random;
    switch (random.below(9)) {
      case 0:
        return [this.#record(), 'whole tail'];
      case 1:
        return [this.#zeros(), 'zeros at the end'];
      case 2:
        return [Buffer.concat([this.#torn(), this.#zeros()]), 'zeros at the end'];
      case 3:
        return [Buffer.from(random.pick(FOREIGN)), 'foreign tail'];
      case 4:
        return [Buffer.concat([this.#torn(), this.#record()]), 'glued tail'];
      case 5:
        return [Buffer.from(' \t\r'.slice(random.below(3))), 'blank tail'];
      default:
        return [this.#torn(), 'torn tail'];
    }
  }

  #zeros(): Buffer {
    return Buffer.alloc(1 + this.#random.below(2 * PAGE));
  }

  #record(): Buffer {
    const record = this.#records.next().value as string;
    if (!this.#random.chance(0.02)) return Buffer.from(record);
    // Longer than what is read at a time to look at a file.
    return Buffer.from(record.replace('{', `{"pad": "${'x'.repeat(70_000)}", `));
  }

  /** The beginning of a record, at least a byte of it, and not all. */
  #torn(): Buffer {
    const record = this.#record();
    return record.subarray(0, 1 + this.#random.below(record.length - 1));
  }

  /** Some bytes of a line became zeros. */
  #withZeros(line: Buffer): Buffer {
    const bytes = Buffer.from(line);
    const start = this.#random.below(bytes.length);
    return bytes.fill(0, start, start + 1 + this.#random.below(bytes.length - start));
  }

  /** The end of one record, so many pages and the beginning of another one became zeros, up to the end of a page. */
  #overPages(file: FileBuilder, pages: number): { line: Buffer; start: number; end: number } {
    const head = this.#torn();
    const from = file.offset + head.length;
    const start = Math.ceil(from / PAGE) * PAGE;
    const end = start + pages * PAGE;
    const rest = this.#record();
    const line = Buffer.concat([head, Buffer.alloc(Math.max(1, end - from)), rest.subarray(this.#random.below(rest.length))]); // prettier-ignore
    return { line, start, end };
  }

  /** In a string, where any UTF-8 may stand. */
  #withBadUtf8(record: Buffer): Buffer {
    const at = record.indexOf('": "') + 4;
    return Buffer.concat([record.subarray(0, at), this.#random.pick(BAD_UTF8), record.subarray(at)]); // prettier-ignore
  }
}
