// Holds a small directory tree in memory: files, directories and symbolic links, with what names lead to the same file.
import { createHash } from 'node:crypto';
import { chmodSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';

export type Inode = number;

export interface Node {
  kind: 'file' | 'directory' | 'link';
  mode: number;
  /** Of a file its bytes, of a link its target; of a directory nothing. */
  content: Buffer;
  /** How papyra's intents tell this file from others: inode and time of birth, where it was on a disk. */
  identity?: Identity;
}

export interface Identity {
  number: bigint;
  born: number;
}

export function identityAt(path: string): Identity {
  const { ino, birthtimeNs } = lstatSync(path, { bigint: true });
  return { number: ino, born: Number(birthtimeNs / 1_000_000n) };
}

/** What has a name, and what it is. */
export interface Image {
  root: Inode;
  nodes: Map<Inode, Node>;
  entries: Map<Inode, Map<string, Inode>>;
}

/** One name of a tree, as a test looks at it. */
export interface Named {
  path: string;
  inode: Inode;
  node: Node;
}

/** Reads a directory with all that is in it. */
export function readImage(directory: string): Image {
  const numbers = new Map<string, Inode>();
  const nodes: Image['nodes'] = new Map();
  const entries: Image['entries'] = new Map();
  const take = (path: string): Inode => {
    const stat = lstatSync(path, { bigint: true });
    const key = `${stat.dev}:${stat.ino}`;
    const known = numbers.get(key);
    const inode = known ?? numbers.size;
    numbers.set(key, inode);
    if (nodes.has(inode)) return inode;
    const mode = Number(stat.mode) & 0o7777;
    if (stat.isDirectory()) {
      nodes.set(inode, { kind: 'directory', mode, content: Buffer.alloc(0) });
      const names = new Map<string, Inode>();
      entries.set(inode, names);
      for (const name of readdirSync(path).sort()) names.set(name, take(join(path, name)));
    } else if (stat.isSymbolicLink()) {
      nodes.set(inode, { kind: 'link', mode, content: Buffer.from(readlinkSync(path)) });
    } else {
      nodes.set(inode, {
        kind: 'file',
        mode,
        content: readFileSync(path),
        identity: identityAt(path),
      });
    }
    return inode;
  };
  return { root: take(directory), nodes, entries };
}

/** All names below the root, in order. */
export function namesOf({ root, nodes, entries }: Image): Named[] {
  const found: Named[] = [];
  const walk = (directory: Inode, prefix: string): void => {
    for (const [name, inode] of [...(entries.get(directory) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const node = nodes.get(inode);
      if (!node) continue;
      const path = prefix + name;
      found.push({ path, inode, node });
      if (node.kind === 'directory') walk(inode, `${path}/`);
    }
  }; // prettier-ignore
  walk(root, '');
  return found;
}

/**
 * Makes the tree in a directory that is not there yet. `content` may change what a file or a link gets. Links come last,
 * and before them the files of which `isLate` says so: what they say may depend on what the others have become.
 */
export function writeImage(
  directory: string,
  names: readonly Named[],
  content: (named: Named, done: ReadonlyMap<Inode, string>) => Buffer = ({ node }) => node.content,
  isLate: (named: Named) => boolean = () => false,
): void {
  mkdirSync(directory);
  const done = new Map<Inode, string>();
  const links: Named[] = [];
  const isLateFile = (one: Named): boolean => one.node.kind === 'file' && isLate(one);
  for (const named of [...names.filter((one) => !isLateFile(one)), ...names.filter(isLateFile)]) {
    const { path, inode, node } = named;
    const target = join(directory, path);
    const first = done.get(inode);
    if (first !== undefined) linkSync(first, target);
    else if (node.kind === 'directory') mkdirSync(target);
    else if (node.kind === 'link') links.push(named);
    else writeFileSync(target, content(named, done));
    done.set(inode, first ?? target);
  }
  for (const named of links) symlinkSync(content(named, done), join(directory, named.path));
  for (const { path, node } of names)
    if (node.kind !== 'link') chmodSync(join(directory, path), node.mode);
}

const digests = new WeakMap<Buffer, string>();

/** The same for equal bytes; bytes that were seen are not read again. */
export function digestOf(content: Buffer): string {
  const known = digests.get(content);
  if (known !== undefined) return known;
  const digest = createHash('sha1').update(content).digest('base64');
  digests.set(content, digest);
  return digest;
}

/** The same for trees that nobody can tell apart. */
export function fingerprint(names: readonly Named[]): string {
  const order = new Map<Inode, number>();
  const hash = createHash('sha1');
  for (const { path, inode, node } of names) {
    if (!order.has(inode)) order.set(inode, order.size);
    hash.update(`${path}\0${order.get(inode)}\0${node.kind}\0${node.mode}\0${digestOf(node.content)}\n`); // prettier-ignore
  }
  return hash.digest('base64');
}
