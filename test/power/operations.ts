// Names what a run asks of the storage, one operation at a time, and applies it to a tree in memory.
import type { Identity, Image, Inode, Node } from './image.js';

interface Place {
  dir: Inode;
  name: string;
}

export type Operation =
  | ({
      do: 'create' | 'mkdir' | 'symlink';
      inode: Inode;
      mode: number;
      content: Buffer;
      identity?: Identity;
    } & Place)
  | ({ do: 'link'; inode: Inode } & Place)
  | ({ do: 'unlink'; inode: Inode } & Place)
  | ({ do: 'rename'; inode: Inode; from: Place } & Place)
  | { do: 'chmod'; inode: Inode; mode: number }
  | { do: 'truncate'; inode: Inode; size: number }
  | { do: 'collapse'; inode: Inode; at: number; length: number }
  | { do: 'write'; inode: Inode; at: number; bytes: Buffer; shared?: true }
  /** `data`: without what the data does not need, such as the mode. */
  | { do: 'sync'; inode: Inode; data: boolean }
  /** Somebody else was told that these lines are on the disk. */
  | { do: 'promise'; lines: string[] };

/** An operation, and how a message tells it: `fsync .events.ndjson.papyra.tmp`. */
export type Recorded = Operation & {
  text: string;
  /** Of another process: the power does not go between this and the next. */
  withNext?: true;
};

export type NameOperation = Extract<Operation, Place>;
export type DataOperation = Extract<Operation, { do: 'write' | 'truncate' | 'collapse' }>;

export function changesNames(operation: Operation): operation is NameOperation {
  return 'dir' in operation;
}

export function changesData(operation: Operation): operation is DataOperation {
  return ['write', 'truncate', 'collapse'].includes(operation.do);
}

/** Whether a journal keeps it in order with others: all but written bytes. */
export function isMetadata(operation: Operation): boolean {
  return !['write', 'sync', 'promise'].includes(operation.do);
}

/** The bytes of a file after one more change. */
export function changed(content: Buffer, operation: DataOperation): Buffer {
  switch (operation.do) {
    case 'write': {
      const { at, bytes } = operation;
      const next = Buffer.alloc(Math.max(content.length, at + bytes.length));
      content.copy(next);
      bytes.copy(next, at);
      return next;
    }
    case 'truncate': {
      const next = Buffer.alloc(operation.size);
      content.copy(next);
      return next;
    }
    case 'collapse': {
      const { at, length } = operation;
      return Buffer.concat([content.subarray(0, at), content.subarray(at + length)]);
    }
  }
}

/** Names that are not there, after others were lost, are passed over. */
export function applyName(entries: Image['entries'], operation: NameOperation): void {
  const names = entriesOf(entries, operation.dir);
  switch (operation.do) {
    case 'rename':
      if (entriesOf(entries, operation.from.dir).get(operation.from.name) === operation.inode)
        entriesOf(entries, operation.from.dir).delete(operation.from.name);
      names.set(operation.name, operation.inode);
      break;
    case 'unlink':
      // A name that has become that of another file was not this one.
      if (names.get(operation.name) === operation.inode) names.delete(operation.name);
      break;
    default:
      names.set(operation.name, operation.inode);
  }
}

function entriesOf(entries: Image['entries'], directory: Inode): Map<string, Inode> {
  const there = entries.get(directory);
  if (there) return there;
  const made = new Map<string, Inode>();
  entries.set(directory, made);
  return made;
}

const KINDS = { create: 'file', mkdir: 'directory', symlink: 'link' } as const;

/** What an operation makes; undefined: it makes nothing. */
export function nodeOf(operation: Operation): { inode: Inode; node: Node } | undefined {
  if (operation.do !== 'create' && operation.do !== 'mkdir' && operation.do !== 'symlink') return undefined;
  const { inode, mode, content, identity } = operation;
  return { inode, node: { kind: KINDS[operation.do], mode, content, ...(identity ? { identity } : {}) } };
} // prettier-ignore

/** Applies an operation wholly, as a file system does while the power is on. */
export function apply(image: Image, operation: Operation): void {
  const { nodes, entries } = image;
  const made = nodeOf(operation);
  if (made) nodes.set(made.inode, made.node);
  if (changesNames(operation)) applyName(entries, operation);
  if (operation.do === 'chmod') nodes.get(operation.inode)!.mode = operation.mode;
  if (changesData(operation)) {
    const node = nodes.get(operation.inode)!;
    node.content = changed(node.content, operation);
  }
}
