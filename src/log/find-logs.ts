// Finds logs that look like the runtime's below a directory. The search is bounded, follows no link and stays on one mount.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  opendirSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { isRotated, segmentName } from '../files/file-names.js';
import { monotonicMs as now } from '../units/clock.js';
import { foreignForm, HEAD_BYTES } from './foreign/detect.js';

export interface FoundLog {
  path: string;
  backend: 'json' | 'rotating';
  /** Of a rotating set: one more than the highest number. */
  files: number;
  /** Of the active file. */
  bytes: number;
  changed: Date;
}

export interface FoundLogs {
  logs: FoundLog[];
  /** The search ended at one of its bounds. */
  isCut: boolean;
}

const MOST = { depth: 5, entries: 20_000, files: 200, logs: 10, milliseconds: 1000 };

/** Nobody keeps a log there, and there are many files. */
const PASSED_OVER = ['node_modules', '.git', '.hg', '.venv', 'venv', '__pycache__', '.tox', '.cache', 'site-packages']; // prettier-ignore

const LOG_NAME = /\.(?:ndjson|jsonl|json|log|txt|events)$/i;

/** Near ones first. What cannot be read is passed over. */
export function findLogs(directory: string): FoundLogs {
  const result: FoundLogs = { logs: [], isCut: false };
  const end = now() + MOST.milliseconds;
  const { dev } = lstatSync(directory);
  const left = { entries: MOST.entries, files: MOST.files };
  let level = [directory];
  for (let depth = 0; depth < MOST.depth && level.length > 0; depth += 1) {
    const below: string[] = [];
    for (const place of level) {
      const names = entriesOf(place, left);
      for (const name of names.files.filter((one) => LOG_NAME.test(one))) {
        if (left.files <= 0) continue;
        left.files -= 1;
        const log = logAt(join(place, name));
        if (log) result.logs.push(withFiles(log, name, names.files));
      }
      below.push(...names.directories.map((name) => join(place, name)).filter((path) => isOn(path, dev))); // prettier-ignore
      if (left.entries <= 0 || left.files <= 0 || result.logs.length >= MOST.logs || now() > end) {
        return { logs: result.logs.slice(0, MOST.logs), isCut: true };
      }
    }
    level = below;
  }
  return { ...result, isCut: level.length > 0 };
}

function entriesOf(directory: string, left: { entries: number }) {
  const files: string[] = [];
  const directories: string[] = [];
  try {
    const entries = opendirSync(directory);
    try {
      for (let entry = entries.readSync(); entry && left.entries > 0; entry = entries.readSync()) {
        left.entries -= 1;
        if (entry.isFile()) files.push(entry.name);
        else if (entry.isDirectory() && !PASSED_OVER.includes(entry.name)) directories.push(entry.name); // prettier-ignore
      }
    } finally {
      entries.closeSync();
    }
  } catch {
    // It may not be read, or is gone.
  }
  return { files: files.sort(), directories: directories.sort() };
}

function isOn(directory: string, device: number): boolean {
  try {
    return lstatSync(directory).dev === device;
  } catch {
    return false;
  }
}

/** undefined: no log. As root, a file with a second name may be one that somebody else put there. */
function logAt(path: string): FoundLog | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile() || (process.geteuid?.() === 0 && stat.nlink > 1)) return undefined;
      const head = Buffer.alloc(Math.min(HEAD_BYTES, stat.size));
      const read = readSync(fd, head, 0, head.length, 0);
      if (!isOfRuntime(head.subarray(0, read))) return undefined;
      return { path, backend: 'json', files: 1, bytes: stat.size, changed: stat.mtime };
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

const KINDS = ['event', 'audit', 'dead_letter'];
/** A filler of papyra, or damage, may come first. */
const FIRST_LINES = 20;

/** Whether one of the first lines is a record of a kind that the runtime writes. */
function isOfRuntime(head: Buffer): boolean {
  if (head.length === 0 || foreignForm(head)) return false;
  return head.toString('utf8').split('\n', FIRST_LINES).some(isRecord);
}

function isRecord(line: string): boolean {
  try {
    const record = JSON.parse(line) as { kind?: unknown; timestamp?: unknown } | null;
    return KINDS.includes(record?.kind as string) && typeof record?.timestamp === 'number';
  } catch {
    return false;
  }
}

function withFiles(log: FoundLog, name: string, beside: readonly string[]): FoundLog {
  const numbers = beside.filter((other) => isRotated(name, other)).map((other) => Number(other.slice(name.length + 1))); // prettier-ignore
  if (!beside.includes(segmentName(name, 1))) return log;
  return { ...log, backend: 'rotating', files: 1 + Math.max(...numbers) };
}
