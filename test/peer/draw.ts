// Draws stores and policies for the properties of the peer, with fast-check: what fails is made small and can be repeated.
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { ODD_LINES } from '../support/odd-log.js';

const HOUR = 3600;
/** Records are of the last two days, at full hours before the test; a limit is half an hour off, so it cannot change sides. */
const HOURS = 48;

/** A line, or an entry of a stream. `age` in hours; `raw`: in place of a record. */
export interface DrawnLine {
  age: number;
  pad: number;
  kind: string;
  raw: string | undefined;
}

export interface DrawnPolicy {
  hours: number | undefined;
  max_records: number | undefined;
  max_total_bytes: number | undefined;
}

export interface DrawnStore {
  lines: DrawnLine[];
  /** In the order of time, as most logs are. */
  sorted: boolean;
  policy: DrawnPolicy;
  /** Files: the places where one ends and the next begins, as shares of the lines; and whether the line is whole there. */
  cuts: { at: number; whole: boolean }[];
  filler: boolean;
  tail: string;
  /** Streams: how many entries a node has, and which share of the entries a group has read. */
  node: number;
  read: number | undefined;
  archived: boolean;
  asProcess: boolean;
}

const RAW = [
  '{"kind": "event", "n": 1}',
  '{"kind": "event", "timestamp": 179',
  '{"kind": "event"}{"timestamp": 5}',
  // How deep Python reads depends on how deep its caller is, so lines at that edge are left out.
  ...ODD_LINES.filter((line) => !line.includes('['.repeat(990))),
];

const TAILS = [
  '',
  '',
  '{"kind": "event", "ti',
  '{"kind": "event", "timestamp": 1790000001.5}',
  ' ',
];

/** `pad`: the most bytes that fill a record; `files`: the most files of a set. */
export function drawnStore(size: { pad: number; files: number; lines?: number }) {
  const { pad, files, lines = 100 } = size;
  const line = fc.record<DrawnLine>({
    age: fc.nat(HOURS),
    pad: fc.nat(pad),
    kind: fc.constantFrom('event', 'audit', 'dead_letter', 'other'),
    raw: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...RAW) }), // prettier-ignore
  });
  const limit = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
  return fc.record<DrawnStore>({
    lines: fc.array(line, { maxLength: lines, size: 'max' }),
    sorted: fc.boolean(),
    policy: fc.record({
      hours: fc.option(fc.nat(HOURS), { nil: undefined }),
      max_records: limit(lines),
      max_total_bytes: limit((lines * (pad + 80)) >> 1),
    }),
    cuts: fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), whole: fc.boolean() }), { maxLength: files - 1 }), // prettier-ignore
    filler: fc.boolean(),
    tail: fc.constantFrom(...TAILS),
    node: fc.constantFrom(1, 7, 100),
    read: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    archived: fc.boolean(),
    // Starting a process takes longer than all else.
    asProcess: fc.noBias(fc.nat(49).map((one) => one === 49)),
  });
}

export interface Store {
  texts: string[];
  policy: { max_age_seconds?: number; max_records?: number; max_total_bytes?: number };
}

/** The lines as texts, without a newline. */
export function textsOf({ lines, sorted }: DrawnStore, now: number): string[] {
  const ordered = sorted ? lines.toSorted((one, other) => other.age - one.age) : lines;
  return ordered.map(({ age, pad, kind, raw }, n) =>
    raw ?? `{"kind": "${kind}", "n": ${n}, "timestamp": ${(now - age * HOUR).toFixed(3)}, "pad": "${'x'.repeat(pad)}"}`); // prettier-ignore
}

export function policyOf({ hours, max_records, max_total_bytes }: DrawnPolicy) {
  return {
    ...(hours !== undefined && { max_age_seconds: hours * HOUR + HOUR / 2 }),
    ...(max_records !== undefined && { max_records }),
    ...(max_total_bytes !== undefined && { max_total_bytes }),
  };
}

const FILLER = `{"kind":"compaction","timestamp":0,"nonce":"0123456789","pad":"${' '.repeat(99)}"}\n`;

/** Writes a log, or a set of files; returns the names, the oldest file first. */
export function writeFiles(drawn: DrawnStore, texts: string[], path: string): string[] {
  const { cuts, filler, tail } = drawn;
  const places = cuts.map(({ at, whole }) => ({ line: Math.floor(at * texts.length), whole })).sort((one, other) => one.line - other.line); // prettier-ignore
  const ends = [...places, { line: texts.length, whole: true }];
  return ends.map(({ line, whole }, index) => {
    const name = index === places.length ? path : `${path}.${places.length - index}`;
    const own = texts.slice(ends[index - 1]?.line ?? 0, line);
    const content = own.map((text) => `${text}\n`).join('');
    // The end of a rotated file ends its last line.
    const end = whole ? content : content.slice(0, -1);
    writeFileSync(name, `${filler ? FILLER : ''}${end}${name === path ? tail : ''}`);
    return name;
  });
}
