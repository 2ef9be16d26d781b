// Runs papyra under strace, and reads from what strace writes which operations it asked of a directory, in order.
import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BARE, PAPYRA, type Run } from '../support/papyra.js';
import { fingerprint, namesOf, readImage, type Image } from './image.js';
import type { Recorded } from './operations.js';
import { CALLS, TraceReader } from './trace.js';

/** The tree before a run, and what the run did to it. */
export interface Recording {
  /** Where the tree was: some files of it say so. */
  root: string;
  start: Image;
  operations: Recorded[];
  /** Lines that the old file held before the run, to be brought over. */
  promised?: string[];
  run: Run;
}

export interface RecordOptions {
  /** More options of strace: `-e inject=…`. */
  options?: string[];
  /** Runs beside papyra. */
  meanwhile?: () => Promise<void>;
  /** Whether another process changes the tree, so that the trace alone does not tell what it became. */
  others?: boolean;
}

/**
 * Runs papyra once on a tree.
 *
 * @throws {Error} when the operations, applied to the tree before the run, do not give the tree after it: then the
 * recorder does not know a call that papyra makes.
 */
export async function record(
  root: string,
  args: string[],
  { options = [], meanwhile, others = false }: RecordOptions = {},
): Promise<Recording> {
  const scratch = mkdtempSync(join(tmpdir(), 'papyra-power-'));
  const file = join(scratch, 'trace');
  try {
    const start = readImage(root);
    const words = ['-f', '-qq', '-y', '-xx', '-s', '67108864', '-o', file, '-e', `trace=${CALLS.join(',')}`, ...options, process.execPath, PAPYRA, ...args]; // prettier-ignore
    const running = execa('strace', words, { env: BARE, extendEnv: false, reject: false, stdin: 'ignore', cwd: '/' }); // prettier-ignore
    await meanwhile?.();
    const { exitCode = -1, stdout, stderr } = await running;
    const reader = new TraceReader(root, start);
    const operations = reader.read(readFileSync(file, 'latin1'));
    const after = readImage(root);
    if (!others) assertSame(reader.now, after);
    lendIdentities(after, reader.now, operations);
    return { root, start, operations, run: { code: exitCode, stdout, stderr } };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function assertSame(told: Image, seen: Image): void {
  const [one, other] = [namesOf(told), namesOf(seen)];
  if (fingerprint(one) === fingerprint(other)) return;
  const inWords = (names: typeof one): string =>
    names.map(({ path, node }) => `${path} ${node.mode.toString(8)} ${node.content.length}`).join('\n'); // prettier-ignore
  throw new Error(`the trace does not tell all:\n${inWords(one)}\n--- on the disk\n${inWords(other)}`); // prettier-ignore
}

/** Files that the run has made get the identity that they have on the disk. */
function lendIdentities(seen: Image, told: Image, operations: readonly Recorded[]): void {
  const bySeenPath = new Map(namesOf(seen).map(({ path, node }) => [path, node.identity]));
  for (const { path, inode } of namesOf(told)) {
    const identity = bySeenPath.get(path);
    const made = operations.find((one) => one.do === 'create' && one.inode === inode);
    if (identity && made?.do === 'create') made.identity = identity;
  }
}
