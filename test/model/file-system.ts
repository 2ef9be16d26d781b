import { isUnterminated } from './lines.js';

/**
 * Names, files and what of them is on the disk. What is not synced may be lost in a power loss: of
 * appends any end, of an overwrite any blocks, of changes of names any of them, in any combination.
 */
export interface FileSystem {
  inodes: readonly Inode[];
  names: Names;
  durableNames: Names;
  pendingNames: readonly NameChange[];
  /** False when no power loss can come any more: then everything counts as synced. */
  canLose: boolean;
}

export interface Inode {
  data: string;
  durable: string;
  /** What leads from `durable` to `data`. */
  pending: readonly Change[];
  /** Somebody is in the middle of a write: other writes wait, readers see its beginning. */
  busy: boolean;
  /** Whose write was cut short and left the file without a newline at its end. */
  torn: 'no' | 'papyra' | 'others';
}

export type Names = Readonly<Record<string, number>>;

/** One atomic change of a directory; null removes a name. */
export type NameChange = Readonly<Record<string, number | null>>;

export type Change =
  | { kind: 'append'; bytes: string }
  | { kind: 'overwrite'; at: number; bytes: string }
  | { kind: 'collapse'; at: number; length: number };

export const BLOCK = 4;
export const NUL = '0';

export const NOBODY: Inode = { data: '', durable: '', pending: [], busy: false, torn: 'no' };

export function createFileSystem(content: string, canLose: boolean): FileSystem {
  const log = settle(content);
  const names = { log: 0 };
  return { inodes: [log], names, durableNames: names, pendingNames: [], canLose };
}

export function inodeAt(fs: FileSystem, index: number): Inode {
  return fs.inodes[index] ?? NOBODY;
}

export function dataOf(fs: FileSystem, index: number): string {
  return inodeAt(fs, index).data;
}

export function setInode(fs: FileSystem, index: number, change: Partial<Inode>): FileSystem {
  const inodes = fs.inodes.slice();
  inodes[index] = { ...inodeAt(fs, index), ...change };
  return { ...fs, inodes };
}

export function changeData(
  fs: FileSystem,
  index: number,
  change: Change,
  more: Partial<Inode> = {},
): FileSystem {
  const inode = inodeAt(fs, index);
  const data = apply(inode.data, change);
  const pending = fs.canLose ? coalesce(inode.pending, change) : inode.pending;
  return setInode(fs, index, {
    data,
    pending,
    durable: fs.canLose ? inode.durable : data,
    ...more,
  });
}

export function appendTo(
  fs: FileSystem,
  index: number,
  bytes: string,
  more: Partial<Inode> = {},
): FileSystem {
  return bytes === '' ? fs : changeData(fs, index, { kind: 'append', bytes }, more);
}

export function syncData(fs: FileSystem, index: number): FileSystem {
  return setInode(fs, index, { durable: inodeAt(fs, index).data, pending: [] });
}

/** A new file under a name; a symbolic link likewise, its target being content that never tears. */
export function create(fs: FileSystem, name: string, content = ''): [FileSystem, number] {
  const index = fs.inodes.length;
  const added = setInode(fs, index, { data: content, durable: content });
  return [changeNames(added, { [name]: index }), index];
}

export function changeNames(fs: FileSystem, change: NameChange): FileSystem {
  const names = renamed(fs.names, change);
  if (!fs.canLose) return { ...fs, names, durableNames: names };
  return { ...fs, names, pendingNames: [...fs.pendingNames, change] };
}

export function syncNames(fs: FileSystem): FileSystem {
  return { ...fs, durableNames: fs.names, pendingNames: [] };
}

/** Gives up what nothing refers to, so that states which behave alike are equal. */
export function forget(fs: FileSystem, open: readonly number[]): FileSystem {
  const lost = (index: number): boolean =>
    fs.inodes[index] !== NOBODY && !open.includes(index) && !isNamed(fs, index);
  for (let index = 0; index < fs.inodes.length; index += 1) {
    if (!lost(index)) continue;
    return { ...fs, inodes: fs.inodes.map((inode, at) => (lost(at) ? NOBODY : inode)) };
  }
  return fs;
}

function isNamed(fs: FileSystem, index: number): boolean {
  return (
    names(fs.names, index) ||
    names(fs.durableNames, index) ||
    fs.pendingNames.some((change) => names(change, index))
  );
}

function names(table: NameChange, index: number): boolean {
  for (const name in table) if (table[name] === index) return true;
  return false;
}

/** Every state that the disk can be in when the power comes back. */
export function afterPowerLoss(fs: FileSystem, canLoseAgain: boolean): FileSystem[] {
  const found = new Map<string, FileSystem>();
  for (const names of lostNames(fs)) {
    const named = new Set(Object.values(names));
    let variants: Inode[][] = [[]];
    fs.inodes.forEach((inode, index) => {
      const images = named.has(index) ? lostData(inode).map(settle) : [NOBODY];
      variants = variants.flatMap((before) => images.map((image) => [...before, image]));
    });
    for (const inodes of variants) {
      const state: FileSystem = {
        inodes,
        names,
        durableNames: names,
        pendingNames: [],
        canLose: canLoseAgain,
      };
      found.set(fileSystemKey(state), state);
    }
  }
  return [...found.values()];
}

export function fileSystemKey(fs: FileSystem): string {
  let key = namesKey(fs.names);
  for (const inode of fs.inodes) {
    key += `/${inode.data}${inode.busy ? '!' : ''}${inode.torn === 'no' ? '' : inode.torn}`;
    if (inode.pending.length > 0)
      key += `~${inode.durable}${inode.pending.map(changeKey).join('')}`;
  }
  if (fs.pendingNames.length > 0) {
    key += `#${namesKey(fs.durableNames)}${fs.pendingNames.map(namesKey).join('>')}`;
  }
  return key;
}

/** Tables are never changed in place, so each needs to be written out only once. */
const tableKeys = new WeakMap<NameChange, string>();

function namesKey(table: NameChange): string {
  let key = tableKeys.get(table);
  if (key === undefined) {
    const entries = Object.entries(table).map(([name, index]) => `${name}=${String(index)}`);
    key = entries.sort().join();
    tableKeys.set(table, key);
  }
  return key;
}

function changeKey(change: Change): string {
  if (change.kind === 'append') return `+${change.bytes}`;
  if (change.kind === 'overwrite') return `@${String(change.at)}${change.bytes}`;
  return `-${String(change.at)},${String(change.length)}`;
}

/** One long append loses its end just as many short ones do. */
function coalesce(pending: readonly Change[], change: Change): readonly Change[] {
  const last = pending.at(-1);
  if (last?.kind !== 'append' || change.kind !== 'append') return [...pending, change];
  return [...pending.slice(0, -1), { kind: 'append', bytes: last.bytes + change.bytes }];
}

function apply(data: string, change: Change): string {
  if (change.kind === 'append') return data + change.bytes;
  if (change.kind === 'collapse') {
    return data.slice(0, change.at) + data.slice(change.at + change.length);
  }
  return data.slice(0, change.at) + change.bytes + data.slice(change.at + change.bytes.length);
}

function renamed(names: Names, change: NameChange): Names {
  const entries = Object.entries<number | null>({ ...names, ...change });
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => entry[1] !== null),
  );
}

/** Any of the changes may have reached the disk, whichever came first. */
function lostNames(fs: FileSystem): Names[] {
  let variants: Names[] = [fs.durableNames];
  for (const change of fs.pendingNames) {
    variants = variants.flatMap((names) => [names, renamed(names, change)]);
  }
  return variants;
}

function settle(data: string): Inode {
  return { ...NOBODY, data, durable: data, torn: tornBy(data) };
}

/** NULs at the end are what a collapse of ours has left. */
function tornBy(data: string): Inode['torn'] {
  if (isUnterminated(data.replace(/0+$/, ''))) return 'others';
  return data.endsWith(NUL) ? 'papyra' : 'no';
}

function lostData(inode: Inode): string[] {
  const images = new Set<string>([inode.durable]);
  let variants = [inode.durable];
  for (const change of inode.pending) {
    for (const data of variants) for (const image of halfDone(data, change)) images.add(image);
    // An overwrite reaches the disk block by block at any time, later changes or not.
    variants =
      change.kind === 'overwrite'
        ? variants.flatMap((data) => halfDone(data, change))
        : variants.map((data) => apply(data, change));
    for (const data of variants) images.add(data);
  }
  return [...images];
}

function halfDone(data: string, change: Change): string[] {
  if (change.kind === 'append') return halfAppended(data, change.bytes);
  if (change.kind === 'overwrite') return halfOverwritten(data, change.at, change.bytes);
  return halfCollapsed(data, change.at, change.length);
}

/** A record is lost in whole or in half; that is fine enough. */
function halfAppended(data: string, bytes: string): string[] {
  const images: string[] = [];
  for (let length = 0; length <= bytes.length; length += 1) {
    const cut = bytes.slice(0, length);
    if (!/[a-z]$/.test(cut)) images.push(data + cut);
  }
  return images;
}

function halfOverwritten(data: string, at: number, bytes: string): string[] {
  let images = [data];
  for (let from = at; from < at + bytes.length;) {
    const to = Math.min(at + bytes.length, (Math.floor(from / BLOCK) + 1) * BLOCK);
    const block: Change = { kind: 'overwrite', at: from, bytes: bytes.slice(from - at, to - at) };
    images = images.flatMap((image) => [image, apply(image, block)]);
    from = to;
  }
  return images;
}

/** The range becomes a hole, which the blocks behind it cross one by one; the size changes last. */
function halfCollapsed(data: string, at: number, length: number): string[] {
  const images: string[] = [];
  const rest = data.slice(at + length);
  for (let moved = 0; moved < rest.length + BLOCK; moved += BLOCK) {
    const shifted = rest.slice(0, moved);
    images.push(data.slice(0, at) + shifted + NUL.repeat(length) + rest.slice(moved));
  }
  images.push(data.slice(0, at) + rest);
  return images;
}
