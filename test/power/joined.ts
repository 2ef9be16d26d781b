// Puts the calls of a run that was killed and those of the next one together, as one history.
import { namesOf, type Image, type Inode } from './image.js';
import type { Recorded } from './operations.js';
import type { Recording } from './recorder.js';

/** `killed`: the tree where the first run ended, as the second one found it. `first`: the calls until then. */
export function joined(
  start: Image,
  first: readonly Recorded[],
  killed: Image,
  second: Recording,
): Recording {
  const found = new Map(namesOf(killed).map(({ path, inode }) => [path, inode]));
  const known = new Map<Inode, Inode>([[second.start.root, start.root]]);
  for (const { path, inode } of namesOf(second.start)) {
    const own = found.get(path);
    if (own === undefined) throw new Error(`${path} was not there when the first run ended`);
    known.set(inode, own);
  }
  const free = Math.max(...killed.nodes.keys()) + 1;
  const of = (inode: Inode): Inode => known.get(inode) ?? free + inode;
  const after = second.operations.map((one): Recorded => {
    if (one.do === 'promise') return one;
    const own = { ...one, inode: of(one.inode) };
    if (own.do === 'rename') return { ...own, dir: of(own.dir), from: { ...own.from, dir: of(own.from.dir) } }; // prettier-ignore
    return 'dir' in own ? { ...own, dir: of(own.dir) } : own;
  });
  return { ...second, start, operations: [...first, ...after] };
}
