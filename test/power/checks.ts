// Reads stores as the runtime does, and says what must hold of one before and after the run that follows a power loss.
import { gunzipSync } from 'node:zlib';
import type { Named } from './image.js';
import type { After } from './pool.js';

export const LOG = 'data/events.ndjson';
export const ARCHIVE = 'archive';
export const QUARANTINE = 'quarantine';

export const EXPIRED = '{"kind": "event", "timestamp": 1.5}';
export const live = (n: number): string =>
  `{"kind": "event", "n": ${n}, "timestamp": 4000000000.5}`;
export const row = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => live(from + at));
export const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** Lines of writers beside the run: they may be there before anybody was told so. */
export const LATE = [live(900_000), live(900_001)];
/** The runtime's first record after the power has come back. */
export const NEXT = live(950_000);
const isLate = (line: string): boolean => line === NEXT || LATE.includes(line);

/** What is left of a late line that did not come to the disk wholly: nobody removes it but a recovery. */
const isRemainder = (line: string): boolean => {
  const own = line.endsWith(NEXT) ? line.slice(0, -NEXT.length) : line;
  return line.includes('\0') || (own !== '' && !isLate(line) && LATE.some((late) => late.startsWith(own))); // prettier-ignore
};

const FILLER = /^\{"kind":"compaction","timestamp":0,"nonce":"[0-9a-z]{10}","pad":" *"\}$/;

function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** The files of a log or a set, the oldest first; one with two names once. */
export function filesOf(names: readonly Named[]): Named[] {
  const indexOf = ({ path }: Named): number => (path === LOG ? 0 : Number(path.slice(LOG.length + 1)));
  const found = names.filter(({ path }) => path === LOG || /^\.\d+$/.test(path.slice(LOG.length)) && path.startsWith(LOG)); // prettier-ignore
  const seen = new Set<number>();
  return found
    .sort((a, b) => indexOf(b) - indexOf(a))
    .filter(({ inode }) => !seen.has(inode) && seen.add(inode));
} // prettier-ignore

/** All that is a line of its own, without blank ones and fillers. */
function linesIn(content: Buffer): string[] {
  return content.toString('latin1').split('\n').filter((line) => line.trim() !== '' && !FILLER.test(line)); // prettier-ignore
}

export const contentOf = (names: readonly Named[]): string[] =>
  filesOf(names).flatMap(({ node }) => linesIn(node.content));

/** What the runtime takes for records, of those that a test looks for. */
export function recordsIn(names: readonly Named[]): string[] {
  return recordsOf(contentOf(names));
}

/** A recovery may have been about to end the last record, and left a NUL: the next one puts the newline there. */
export function recordsBeforeNuls(names: readonly Named[]): string[] {
  return recordsOf(contentOf(names).map((line) => line.replace(/\0+$/, '')));
}

function recordsOf(lines: readonly string[]): string[] {
  return lines.filter((line) => {
    if (!line.includes('"n"')) return false;
    try {
      return JSON.parse(line) !== null;
    } catch {
      return false;
    }
  });
}

function difference(seen: readonly string[], wanted: readonly string[]): string {
  const at = wanted.findIndex((line, index) => seen[index] !== line);
  const place = at === -1 ? wanted.length : at;
  return `${seen.length} records where ${wanted.length} must be; the first that differs is ${place}: ${JSON.stringify(seen[place]?.slice(0, 120))} for ${JSON.stringify(wanted[place]?.slice(0, 120))}`; // prettier-ignore
}

export function expectEqual(seen: readonly string[], wanted: readonly string[], what = ''): void {
  const same = seen.length === wanted.length && seen.every((line, at) => line === wanted[at]);
  assert(same, `${what}${difference(seen, wanted)}`);
}

/** In every state: what must stay can be read, once and in order. Late lines may still be in the old file alone. */
export function expectReadable(
  names: readonly Named[],
  kept: readonly string[],
  promised: readonly string[] = [],
  { torn = 0 } = {},
): void {
  assert(filesOf(names).length > 0, 'there is no log');
  const records = recordsIn(names);
  const own = records.filter((line) => !isLate(line));
  if (torn === 0) expectEqual(own, kept);
  else {
    // A line over a hole cannot be read until it is closed.
    const missing = kept.filter((line) => !own.includes(line));
    assert(missing.length <= torn, `${missing.length} records cannot be read`);
    expectEqual(own, kept.filter((line) => own.includes(line))); // prettier-ignore
  }
  const old = names.filter(({ path }) => path.includes('.papyra.old.')).flatMap(({ node }) => linesIn(node.content)); // prettier-ignore
  for (const line of promised) {
    const times = records.filter((one) => one === line).length;
    assert(times <= 1, `twice: ${line}`);
    // Behind a line of ours that was cut short it stands until the next run.
    const isGlued = line === NEXT && contentOf(names).some((one) => one.endsWith(line));
    assert(times === 1 || old.includes(line) || isGlued, `lost: ${line}`);
  }
}

/** After a run: all that must stay, once, in order, and late lines behind; nothing of ours is left. */
export function expectDone(
  { names, outcome }: After,
  kept: readonly string[],
  promised: readonly string[] = [],
  { expiredBytes = 0, mode = 0o640, mayHaveNuls = false } = {},
): void {
  // What fails may fail once: the next run must not.
  assert(outcome.runs.length <= 2 && outcome.runs.at(-1) === null, 'it is refused again and again');
  assert(outcome.runs[0] === null || outcome.runs[0]!.code === 'try_again' || outcome.runs[0]!.code === '75', 'it is refused'); // prettier-ignore
  const lines = contentOf(names);
  // What never came of a line that was not synced is NULs, which nobody removes but a recovery.
  const rest = lines.filter((line) => !isLate(line) && !(mayHaveNuls && isRemainder(line)));
  const expired = rest.findIndex((line) => line !== EXPIRED);
  const head = expired === -1 ? rest.length : expired;
  assert(head * (EXPIRED.length + 1) <= expiredBytes, `${head} expired records are left`);
  expectEqual(rest.slice(head), kept);
  for (const line of promised) {
    const times = lines.filter((one) => one === line).length;
    assert(times === 1, `${times} times: ${line}`);
  }
  for (const { path, node } of filesOf(names)) {
    assert(node.mode === mode, `${path} has the mode ${node.mode.toString(8)}`);
    assert(mayHaveNuls || !node.content.includes(0), `${path} has NULs`);
  }
  expectTidy(names);
  const odd = outcome.archives.filter((state) => state !== 'sound' && state !== 'no_manifest');
  assert(odd.length === 0, `archives: ${odd.join(', ')}`);
}

const STAYING = [/^data\/\.events\.ndjson\.papyra\.lock$/, /^data\/\.papyra(\/events\.ndjson\.(metrics\.json|metrics\.lock|index|archive\.json))?$/]; // prettier-ignore

/** Whether a name is one of papyra's that should not outlive a run. */
function isLeft(path: string): boolean {
  if (path.startsWith('data/.')) return !STAYING.some((one) => one.test(path));
  if (path.startsWith(`${ARCHIVE}/`) || path.startsWith(`${QUARANTINE}/`)) return path.endsWith(".tmp"); // prettier-ignore
  return path.includes('.papyra.');
}

export function expectTidy(names: readonly Named[]): void {
  const left = names.map(({ path }) => path).filter(isLeft);
  assert(left.length === 0, `left: ${left.join(', ')}`);
}

/** So many expired records are in the store or in a whole archive, at least. */
export function expectArchived(names: readonly Named[], dropped: number): void {
  const inStore = contentOf(names).filter((line) => line === EXPIRED).length;
  const archived = names
    .filter(({ path }) => path.startsWith(`${ARCHIVE}/`) && path.endsWith('.gz'))
    .map(({ node }) => {
      try {
        return linesIn(gunzipSync(node.content)).filter((line) => line === EXPIRED).length;
      } catch {
        return 0;
      }
    });
  const most = inStore + archived.reduce((sum, count) => sum + count, 0);
  assert(most >= dropped, `${dropped - most} dropped records are in no archive`);
}

/** What was taken out of the store is in quarantine. */
export function expectQuarantined(names: readonly Named[], damaged: readonly string[]): void {
  const inStore = filesOf(names).map(({ node }) => node.content.toString('latin1')).join('\n'); // prettier-ignore
  const kept = names
    .filter(({ path }) => path.startsWith(`${QUARANTINE}/`) && path.endsWith('.ndjson'))
    .flatMap(({ node }) => linesIn(node.content))
    .map((line) => {
      try {
        return (JSON.parse(line) as { data: string }).data;
      } catch {
        return '';
      }
    });
  for (const line of damaged) {
    const isThere = inStore.includes(line) || kept.some((one) => one.trimEnd() === line);
    assert(isThere, `neither in the store nor in quarantine: ${JSON.stringify(line.slice(0, 40))}`);
  }
}

/** A file that a reader must find whole at any time, in one of its contents. */
export function expectWhole(
  names: readonly Named[],
  path: string,
  isWhole: (content: string) => boolean,
  mayBeMissing: boolean,
): void {
  const file = names.find((one) => one.path === path);
  if (!file) assert(mayBeMissing, `${path} is gone`);
  else assert(isWhole(file.node.content.toString('latin1')), `${path} is not whole: ${JSON.stringify(file.node.content.toString('latin1', 0, 60))}`); // prettier-ignore
}
