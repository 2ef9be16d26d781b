// Leaves out, one at a time, what a protocol does for the sake of a power loss, and says whether the states show a loss then.
import { changesNames, type Recorded } from './operations.js';

/** A protocol that lacks something. */
export interface Lacking {
  /** `without fsync data (2)`; names that differ from run to run have a star. */
  label: string;
  operations: Recorded[];
}

/** Without each sync, each second name and each intent; and each step that needs a sync before it, done before that. */
export function* lacking(operations: readonly Recorded[]): Generator<Lacking> {
  const numbered = counter();
  const labelOf = (verb: string, text: string): string =>
    numbered(`${verb} ${withoutChance(text)}`);
  for (const [at, one] of operations.entries()) {
    const isOfWriter = one.withNext === true;
    if ((one.do === 'sync' || one.do === 'link' || one.do === 'symlink') && !isOfWriter) {
      yield { label: labelOf('without', one.text), operations: operations.filter((other) => other !== one) }; // prettier-ignore
    }
    const isLast = (changesNames(one) && one.do !== 'create' && one.do !== 'mkdir') || one.do === 'truncate' || one.do === 'collapse'; // prettier-ignore
    const before = operations[at - 1];
    if (!isLast || before?.do !== 'sync' || before.withNext) continue;
    const swapped = [...operations.slice(0, at - 1), one, before, ...operations.slice(at + 1)];
    yield { label: labelOf('earlier', one.text), operations: swapped };
  }
}

/** Without all syncs of one file or directory: two that follow each other stand in for each other alone. */
export function* withoutAllSyncs(operations: readonly Recorded[]): Generator<Lacking> {
  const inodes = new Map<number, string>();
  for (const one of operations) {
    if (one.do !== 'sync' || one.withNext || inodes.has(one.inode)) continue;
    inodes.set(one.inode, withoutChance(one.text.replace(/^\w+ /, '')));
  }
  const numbered = counter();
  for (const [inode, name] of inodes) {
    const rest = operations.filter((one) => one.do !== 'sync' || one.inode !== inode || one.withNext); // prettier-ignore
    yield { label: numbered(`without any sync of ${name}`), operations: rest };
  }
}

/** A label that comes again gets a number. */
function counter(): (label: string) => string {
  const seen = new Map<string, number>();
  return (label) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count === 1 ? label : `${label} (${count})`;
  };
}

/** Times, random numbers and offsets in names. */
export function withoutChance(text: string): string {
  return text
    .replace(/_\d{8}T\d{6}Z(?:_\d{8}T\d{6}Z)*_\d{8}T\d{6}Z-[0-9a-f]{8}/g, '_*')
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, '*')
    .replace(/_[0-9a-f]{12}\b/g, '_*')
    .replace(/quarantine\.\d{8}T\d{6}Z/g, 'quarantine.*')
    .replace(/\bold\.\d+\.\d+/g, 'old.*')
    .replace(/ \d+\+\d+$/, '');
}
