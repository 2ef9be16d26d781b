import { execa } from 'execa';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { compact, isRoot, papyra, type Report } from '../support/papyra.js';
import { Refused } from '../support/disk-image.js';
import { afterwards } from '../support/mounts.js';
import { doctor } from '../support/doctor.js';

/** Of the records of a log, so many stay. */
export const STAY = 500;
const RECORDS = 3000;

export const record = (n: number): string =>
  `{"writer": "log", "n": ${n}, "timestamp": 1790000000.5, "pad": "${'x'.repeat(150)}"}\n`;

export const CONTENT = Array.from({ length: RECORDS }, (_, n) => record(n)).join('');

/** A log in a directory of its own. */
export function makeLog(place: string, content = CONTENT): string {
  mkdirSync(join(place, 'data'));
  const log = join(place, 'data/events.ndjson');
  writeFileSync(log, content);
  return log;
}

/** Ways of compaction, as the names of tests have them. */
export type Way = [name: string, flags: string[]];
export const REWRITE: Way = ['a rewrite', []];
export const OFFLINE: Way = ['a rewrite with --offline', ['--offline']];
export const IN_PLACE: Way = ['a removal in place', ['--in-place']];

export const limits = (log: string, ...more: string[]): string[] => ['--path', log, '--max-records', `${STAY}`, ...more]; // prettier-ignore

export interface Failure {
  message: string;
  hint?: string;
  exit_code: number;
}

export interface Ended {
  code: number;
  stderr: string;
  report: Report;
  /** The error, as the document that it is. */
  failure: Failure | undefined;
}

/** A run of `persistence compact --json`. */
export async function run(
  log: string,
  flags: string[] = [],
  options: Parameters<typeof papyra>[1] = {},
): Promise<Ended> {
  const { code, stderr, report } = await compact(limits(log, ...flags), options);
  const documents = stderr.split('\n').filter((line) => line.includes('"exit_code"'));
  const [failure] = documents.map((line) => JSON.parse(line) as Failure);
  return { code, stderr, report, failure };
}

/** Slow enough that others can do something meanwhile: a second or two. */
export const SLOWLY = ['--limit-rate', '1200KB'];

const WRITE = `
trap stop=1 TERM; n=0
until [ "$stop" ]; do
  line="{\\"writer\\": \\"live\\", \\"n\\": $n, \\"timestamp\\": 1790009999.5}"
  printf '%s\\n' "$line" >>"$1" && printf '%s\\n' "$line"
  n=$((n + 1)); sleep 0.02
done`;

export interface Writer {
  /** Ends it; returns what it wrote. */
  stop: () => Promise<string>;
  pid: number;
}

/**
 * Appends to a log as the runtime does, slowly: opens, writes a record, closes. `within` makes the command
 * one of another namespace.
 */
export async function startWriter(
  log: string,
  within: (...command: string[]) => string[] = (...command) => command,
  as: { uid?: number; gid?: number } = {},
): Promise<Writer> {
  const [file, ...args] = within('/bin/sh', '-c', WRITE, 'sh', log);
  const child = execa(file!, args, { reject: false, stripFinalNewline: false, ...as });
  const stop = async () => {
    child.kill('SIGTERM');
    const { stdout, stderr } = await child;
    expect(stderr).toBe('');
    return stdout;
  };
  afterwards(() => {
    child.kill('SIGKILL');
    return child;
  });
  await Promise.race([once(child.stdout, 'data'), child]);
  return { stop, pid: child.pid! };
}

/** Does something to a log under a live writer; returns what that wrote, too. */
export async function underWriter<T>(
  writer: Promise<Writer>,
  work: () => Promise<T>,
): Promise<{ done: T; appended: string }> {
  const { stop } = await writer;
  const done = await work();
  // The writer goes on for a moment.
  await sleep(100);
  return { done, appended: await stop() };
}

/** How a text differs from the one that it should be, in a few words. */
export function difference(text: string, wanted: string) {
  const [is, should] = [text, wanted].map((all) => all.split('\n'));
  const [isThere, shouldBe] = [new Set(is), new Set(should)];
  return {
    missing: should!.filter((line) => !isThere.has(line)).length,
    tooMany: is!.length - new Set(is!.filter((line) => shouldBe.has(line))).size,
    same: text === wanted,
  };
}
const NONE = { missing: 0, tooMany: 0, same: true };

const FILLER = /^\{"kind":"compaction","timestamp":0[^\n]*\n/;

/** The newest records of what was in a log at that time, and all that came after, are there, once, in order. */
export function expectCompacted(
  log: string,
  { report, code, stderr }: Ended,
  whole: string,
  others: string[] = [],
): void {
  expect(code, stderr).toBe(0);
  expect(report.status).toBe('compacted');
  const { scanned, kept, dropped } = report.records;
  expect({ kept, dropped }).toEqual({ kept: STAY, dropped: scanned! - STAY });
  const left = whole.split('\n').slice(dropped!).join('\n');
  expect(difference(readFileSync(log, 'utf8').replace(FILLER, ''), left)).toEqual(NONE);
  const lock = `.${basename(log)}.papyra.lock`;
  expect(beside(log)).toEqual([lock, '.papyra', ...others]);
}

/** Whatever is beside a log. */
export function beside(log: string): string[] {
  return readdirSync(dirname(log)).filter((name) => name !== basename(log)).sort(); // prettier-ignore
}

export interface Refusal {
  code: number;
  /** Words of the message, which doctor has, too. */
  words: RegExp;
}

/** A run was refused, and the log is what it was, with nothing beside it. */
export function expectRefused(log: string, ended: Ended, whole: string, refusal: Refusal): void {
  const { code, failure } = ended;
  expect({ code, message: failure?.message }).toEqual({
    code: refusal.code,
    message: expect.stringMatching(refusal.words) as string,
  });
  expectUntouched(log, whole);
}

export function expectUntouched(log: string, whole: string): void {
  expect(difference(readFileSync(log, 'utf8'), whole)).toEqual(NONE);
  const ours = beside(log).filter((name) => name.includes('.papyra.'));
  expect(ours.filter((name) => !name.endsWith('.papyra.lock'))).toEqual([]);
}

/** What a run says when it refuses, a dry run and doctor say, too. */
export async function expectForetold(
  log: string,
  flags: string[],
  { code, failure }: Ended,
  { words }: Refusal,
): Promise<void> {
  const dry = await run(log, [...flags, '--dry-run']);
  expect({ code: dry.code, message: dry.failure?.message }).toEqual({
    code,
    message: failure?.message,
  });
  const { report } = await doctor(['--path', log]);
  const reasons = report.checks.filter(({ status }) => status !== 'pass');
  expect(reasons.map(({ reason }) => reason).join('\n')).toMatch(words);
}

/** How a group of tests is called where only root could run them. */
export const title = (name: string): string => isRoot ? name : `${name} (not run: only root may mount a file system)`; // prettier-ignore

/** Skips a test, with the kernel's words, where the file system for it cannot be had. */
export function placeOrSkip<T>(skip: (why: string) => never, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const why = `NOT RUN: ${error.message.trim()}`;
    console.log(why);
    return skip(why);
  }
}
