import { appendTo, inodeAt, setInode, type FileSystem, type Inode } from './file-system.js';
import { isUnterminated, lineOf } from './lines.js';

/** A live runtime: for each record it opens the log by its path, writes once and closes. */
export interface Writer {
  /** Letters of the records still to be written. */
  records: string;
  /** After how many bytes its write can be seen, and cut short; 0: it is atomic. */
  cut: number;
  /** It runs where its descriptors cannot be looked at. */
  hidden: boolean;
  at: 'idle' | 'resolved' | 'open' | 'half' | 'written';
  inode: number;
  /** What its record was glued to: a line cut short by papyra, by others, or none. */
  glued: Inode['torn'];
}

export interface WriterMove {
  words: string;
  fs: FileSystem;
  writer: Writer;
  /** The record whose write came to its end. */
  finished?: string;
  /** The record that is whole but for its newline. */
  unended?: string;
  /** It was killed: costs a fault. */
  killed?: boolean;
}

export function createWriter(records: string, options: { cut?: number; hidden?: boolean } = {}) {
  const { cut = 0, hidden = false } = options;
  const writer: Writer = { records, cut, hidden, at: 'idle', inode: -1, glued: 'no' };
  return writer;
}

export function writerMoves(writer: Writer, name: string, fs: FileSystem): WriterMove[] {
  const record = writer.records[0];
  if (record === undefined) return [];
  const path = fs.names.log;
  switch (writer.at) {
    case 'idle':
      if (path === undefined) return [];
      return [{ words: `${name} resolves the log`, fs, writer: goes(writer, 'resolved', path) }];
    case 'resolved':
      return [{ words: `${name} has it open`, fs, writer: goes(writer, 'open') }];
    case 'open':
      return inodeAt(fs, writer.inode).busy ? [] : [begins(writer, name, fs, record)];
    case 'half':
      return [ends(writer, name, fs, record), dies(writer, name, fs)];
    case 'written':
      return [{ words: `${name} closes`, fs, writer: next(writer) }];
  }
}

/** Whether a look at the descriptors of all processes shows one that writes to the file. */
export function someoneVisible(writers: readonly Writer[], inode: number): boolean {
  return writers.some((w) => !w.hidden && w.inode === inode && w.at !== 'resolved');
}

/** A writer that has looked up the path, and whose descriptor nobody can see yet. */
export function someoneBetween(writers: readonly Writer[], inode: number): boolean {
  return writers.some((w) => !w.hidden && w.inode === inode && w.at === 'resolved');
}

export function someoneAt(writers: readonly Writer[], inode: number): boolean {
  return writers.some((w) => w.inode === inode);
}

/** After a power loss the runtime starts anew, and does not repeat what it was at. */
export function restarted(writer: Writer): Writer {
  return writer.at === 'idle' ? writer : next(writer);
}

export function writerKey(writer: Writer): string {
  return `${writer.records}${writer.at}${String(writer.inode)}${writer.glued}`;
}

function begins(writer: Writer, name: string, fs: FileSystem, record: string): WriterMove {
  const file = inodeAt(fs, writer.inode);
  const glued = isUnterminated(file.data) ? file.torn : 'no';
  const line = lineOf(record);
  if (writer.cut > 0) {
    const half: Writer = { ...writer, at: 'half', glued };
    const written = appendTo(fs, writer.inode, line.slice(0, writer.cut), { busy: true });
    return { words: `${name} has written half of ${record}`, fs: written, writer: half };
  }
  const written = appendTo(fs, writer.inode, line, { torn: 'no' });
  const done: Writer = { ...writer, at: 'written', glued };
  return { words: `${name} writes ${record}`, fs: written, writer: done, finished: record };
}

function ends(writer: Writer, name: string, fs: FileSystem, record: string): WriterMove {
  const rest = lineOf(record).slice(writer.cut);
  return {
    words: `${name} has written all of ${record}`,
    fs: appendTo(fs, writer.inode, rest, { busy: false, torn: 'no' }),
    writer: { ...writer, at: 'written' },
    finished: record,
  };
}

function dies(writer: Writer, name: string, fs: FileSystem): WriterMove {
  return {
    words: `${name} is killed half way`,
    fs: setInode(fs, writer.inode, { busy: false, torn: 'others' }),
    writer: next(writer),
    killed: true,
    ...(writer.cut === 2 ? { unended: writer.records.slice(0, 1) } : {}),
  };
}

function goes(writer: Writer, at: Writer['at'], inode = writer.inode): Writer {
  return { ...writer, at, inode };
}

function next(writer: Writer): Writer {
  return { ...writer, records: writer.records.slice(1), at: 'idle', inode: -1, glued: 'no' };
}
