// Reads what strace wrote about a run: which operations on a directory the system calls were.
//
// strace names the file of each descriptor and prints all bytes in hexadecimal. Files that have no name, on which papyra
// tries out what the place can do, are left out, and so is all that is outside of the directory.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { apply, type Operation, type Recorded } from './operations.js';
import type { Image, Inode } from './image.js';

/** All that change storage or sync it, and those that tell which file a descriptor is. */
export const CALLS = [
  ...['open', 'openat', 'creat', 'dup', 'dup2', 'dup3', 'fcntl', 'lseek'],
  ...['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2', 'copy_file_range', 'sendfile'],
  ...['ftruncate', 'truncate', 'fallocate', 'ioctl'],
  ...['fsync', 'fdatasync', 'sync_file_range', 'syncfs', 'sync', 'msync'],
  ...['link', 'linkat', 'symlink', 'symlinkat', 'rename', 'renameat', 'renameat2', 'unlink'],
  ...['unlinkat', 'rmdir', 'mkdir', 'mkdirat', 'chmod', 'fchmod', 'fchmodat'],
];

// sync_file_range(2) promises nothing for a power loss: it is passed over.
/** Of these papyra makes none; one that appears in a directory is an error of this reader. */
const UNKNOWN = ['writev', 'pwritev', 'pwritev2', 'copy_file_range', 'sendfile', 'truncate', 'chmod', 'fchmodat', 'creat', 'open', 'msync', 'rmdir']; // prettier-ignore

/** Bits that the kernel takes from the mode of a new file. */
const UMASK = parseInt(/^Umask:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!, 8);

interface Open {
  inode: Inode | undefined;
  path: string;
  append: boolean;
  position: number;
}

interface Call {
  name: string;
  args: string[];
  result: number;
  /** The file of the descriptor that the call returned. */
  file: string | undefined;
  text: string;
}

export class TraceReader {
  /** The tree as the operations have made it. */
  readonly now: Image;
  readonly #root: string;
  readonly #open = new Map<number, Open>();
  readonly #operations: Recorded[] = [];
  #next: Inode;

  constructor(root: string, start: Image) {
    this.#root = root;
    this.#next = Math.max(...start.nodes.keys()) + 1;
    this.now = {
      root: start.root,
      nodes: new Map([...start.nodes].map(([inode, node]) => [inode, { ...node }])),
      entries: new Map([...start.entries].map(([inode, names]) => [inode, new Map(names)])),
    };
  }

  read(trace: string): Recorded[] {
    for (const call of callsIn(trace)) if (call.result >= 0) this.#take(call);
    return this.#operations;
  }

  #take(call: Call): void {
    const { name, args, result } = call;
    switch (name) {
      case 'openat':
        this.#opened(call);
        return;
      case 'fcntl': {
        const file = this.#open.get(numberIn(args[0]!));
        if (file && args[1]!.startsWith('F_DUPFD')) this.#open.set(result, file);
        return;
      }
      case 'dup':
      case 'dup2':
      case 'dup3': {
        const file = this.#open.get(numberIn(args[0]!));
        if (file) this.#open.set(result, file);
        return;
      }
      case 'lseek': {
        const file = this.#open.get(numberIn(args[0]!));
        if (file) file.position = result;
        return;
      }
      case 'write':
      case 'pwrite64':
        this.#wrote(call);
        return;
      case 'ftruncate':
        this.#onFile(args[0]!, (inode) => ({ do: 'truncate', inode, size: Number(args[1]) }));
        return;
      case 'fallocate':
        this.#onFile(args[0]!, (inode) => {
          if (args[1] !== 'FALLOC_FL_COLLAPSE_RANGE') throw new Error(`unknown: ${call.text}`);
          return { do: 'collapse', inode, at: Number(args[2]), length: Number(args[3]) };
        });
        return;
      case 'ioctl':
        if (args[1]!.includes('FICLONERANGE')) this.#cloned(args);
        return;
      case 'fchmod':
        this.#onFile(args[0]!, (inode) => ({ do: 'chmod', inode, mode: parseInt(args[1]!, 8) }));
        return;
      case 'fsync':
      case 'fdatasync':
        this.#onFile(args[0]!, (inode) => ({ do: 'sync', inode, data: name === 'fdatasync' }), name);
        return;
      case 'mkdir':
      case 'mkdirat':
      case 'symlink':
      case 'symlinkat':
      case 'link':
      case 'linkat':
      case 'rename':
      case 'renameat':
      case 'renameat2':
      case 'unlink':
      case 'unlinkat':
        this.#named(call);
        return;
      default:
        if (UNKNOWN.includes(name) && call.text.includes(hex(this.#root)))
          throw new Error(`unknown: ${call.text.slice(0, 300)}`);
    }
  } // prettier-ignore

  #opened({ args, result, file }: Call): void {
    const flags = args[2]!;
    const append = flags.includes('O_APPEND');
    const path = file ?? '';
    const through = /^\/proc\/self\/fd\/(\d+)$/.exec(textIn(args[1]!))?.[1];
    const known = through === undefined ? undefined : this.#open.get(Number(through));
    const isNameless = flags.includes('O_TMPFILE');
    let inode = isNameless ? undefined : (known?.inode ?? this.#inodeAt(path));
    const isHere = path.startsWith(`${this.#root}/`) && !isNameless;
    if (inode === undefined && isHere && flags.includes('O_CREAT')) {
      inode = this.#next++;
      const mode = parseInt(args[3]!, 8) & ~UMASK;
      this.#add({ do: 'create', inode, mode, content: Buffer.alloc(0), ...this.#placeOf(path) }, `create ${this.#short(path)}`); // prettier-ignore
    } else if (inode !== undefined && flags.includes('O_TRUNC')) {
      this.#add({ do: 'truncate', inode, size: 0 }, `truncate ${this.#short(path)}`);
    }
    this.#open.set(result, { inode, path, append, position: 0 });
  }

  #wrote({ name, args, result }: Call): void {
    const open = this.#open.get(numberIn(args[0]!));
    if (open?.inode === undefined) return;
    const { inode } = open;
    const bytes = bytesIn(args[1]!).subarray(0, result);
    const size = this.now.nodes.get(inode)!.content.length;
    const at = name === 'pwrite64' ? Number(args[3]) : open.append ? size : open.position;
    if (name === 'write') open.position = at + result;
    this.#onFile(args[0]!, () => ({ do: 'write', inode, at, bytes }));
  }

  #cloned(args: string[]): void {
    const [, source, from, length, at] = /src_fd=(\d+)[^,]*, src_offset=(\d+), src_length=(\d+), dest_offset=(\d+)/.exec(args[2]!)!; // prettier-ignore
    const content = this.now.nodes.get(this.#open.get(Number(source))?.inode ?? -1)?.content;
    if (!content) return;
    const bytes = content.subarray(Number(from), Number(from) + Number(length));
    this.#onFile(args[0]!, (inode) => ({ do: 'write', inode, at: Number(at), bytes, shared: true }), 'share'); // prettier-ignore
  }

  #onFile(argument: string, make: (inode: Inode) => Operation, verb?: string): void {
    const open = this.#open.get(numberIn(argument));
    if (open?.inode === undefined) return;
    const operation = make(open.inode);
    const detail =
      operation.do === 'write'
        ? ` ${operation.at}+${operation.bytes.length}`
        : operation.do === 'truncate'
          ? ` to ${operation.size}`
          : operation.do === 'collapse'
            ? ` ${operation.at}+${operation.length}`
            : operation.do === 'chmod'
              ? ` ${operation.mode.toString(8)}`
              : '';
    this.#add(operation, `${verb ?? operation.do} ${this.#nameNow(open.inode)}${detail}`);
  }

  #named({ name, args }: Call): void {
    const at = name.endsWith('at') || name === 'renameat2';
    const path = (first: number): string => {
      const text = textIn(args[first]!);
      const [, fd, rest] = /^\/proc\/self\/fd\/(\d+)\/(.*)$/.exec(text) ?? [];
      if (fd !== undefined) return join(this.#open.get(Number(fd))?.path ?? '/nowhere', rest!);
      if (!at || text.startsWith('/')) return text;
      return join(this.#open.get(numberIn(args[first - 1]!))?.path ?? '/nowhere', text);
    };
    const one = at ? 1 : 0;
    const two = at ? 3 : 1;
    if (name.startsWith('mkdir') || name.startsWith('symlink')) {
      const isLink = name.startsWith('symlink');
      const target = path(isLink ? (at ? 2 : 1) : one);
      if (!target.startsWith(`${this.#root}/`)) return;
      const mode = isLink ? 0o777 : parseInt(args[at ? 2 : 1]!, 8) & ~UMASK;
      const content = isLink ? Buffer.from(textIn(args[0]!)) : Buffer.alloc(0);
      this.#add({ do: isLink ? 'symlink' : 'mkdir', inode: this.#next++, mode, content, ...this.#placeOf(target) }, `${isLink ? 'symlink' : 'mkdir'} ${this.#short(target)}`); // prettier-ignore
      return;
    }
    const first = path(one);
    if (!first.startsWith(`${this.#root}/`)) return;
    const inode = this.#inodeAt(first)!;
    if (name.startsWith('unlink')) {
      this.#add({ do: 'unlink', inode, ...this.#placeOf(first) }, `unlink ${this.#short(first)}`);
      return;
    }
    const second = path(two);
    const text = `${name.startsWith('link') ? 'link' : 'rename'} ${this.#short(first)} ${this.#short(second)}`; // prettier-ignore
    const place = this.#placeOf(second);
    if (name.startsWith('link')) this.#add({ do: 'link', inode, ...place }, text);
    else this.#add({ do: 'rename', inode, from: this.#placeOf(first), ...place }, text);
  }

  #add(operation: Operation, text: string): void {
    this.#operations.push({ ...operation, text });
    apply(this.now, operation);
  }

  #inodeAt(path: string): Inode | undefined {
    if (path === this.#root) return this.now.root;
    if (!path.startsWith(`${this.#root}/`)) return undefined;
    let inode: Inode | undefined = this.now.root;
    for (const part of path.slice(this.#root.length + 1).split('/')) {
      inode = inode === undefined ? undefined : this.now.entries.get(inode)?.get(part);
    }
    return inode;
  }

  #placeOf(path: string): { dir: Inode; name: string } {
    return { dir: this.#inodeAt(dirname(path))!, name: basename(path) };
  }

  #short(path: string): string {
    return path.slice(this.#root.length + 1) || '.';
  }

  #nameNow(inode: Inode): string {
    if (inode === this.now.root) return '.';
    const walk = (directory: Inode, prefix: string): string | undefined => {
      for (const [name, one] of this.now.entries.get(directory) ?? []) {
        if (one === inode) return prefix + name;
        const below = walk(one, `${prefix}${name}/`);
        if (below !== undefined) return below;
      }
      return undefined;
    };
    return walk(this.now.root, '') ?? `the file that was number ${inode}`;
  }
}

/** One call a line; a call that another thread interrupted is put together where it ended. */
function* callsIn(trace: string): Generator<Call> {
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, pid, rest] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || rest === undefined) continue;
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const text = resumed === undefined ? rest : `${begun.get(pid) ?? ''}${resumed}`;
    const end = text.lastIndexOf(') = ') === -1 ? text.lastIndexOf(')') : text.lastIndexOf(')', text.lastIndexOf('= ')); // prettier-ignore
    const open = text.indexOf('(');
    if (open === -1 || end < open) continue;
    const result = text.slice(text.indexOf('=', end) + 1).trim();
    yield {
      name: text.slice(0, open),
      args: argumentsOf(text.slice(open + 1, end)),
      result: parseInt(result, 10),
      file: fileIn(result),
      text,
    };
  }
}

function argumentsOf(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if ('{['.includes(char)) depth += 1;
    else if ('}]'.includes(char)) depth -= 1;
    else if (char === ',' && depth === 0) {
      found.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  found.push(text.slice(start).trim());
  return found;
}

function fileIn(text: string): string | undefined {
  const found = /<((?:\\x[0-9a-f]{2})+)>/.exec(text)?.[1];
  return found === undefined ? undefined : decode(found).toString();
}

function numberIn(argument: string): number {
  return parseInt(argument, 10);
}

function textIn(argument: string): string {
  return bytesIn(argument).toString();
}

function bytesIn(argument: string): Buffer {
  return decode(argument.slice(argument.indexOf('"') + 1, argument.lastIndexOf('"')));
}

function decode(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

function hex(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
