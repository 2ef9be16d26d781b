// Chooses what to read of a log that is too large to be read by the way: both ends, and blocks in between.

/** So much is read at each end. */
export const END_BYTES = 8 << 20;
/** So many blocks in between, evenly spread. */
export const BLOCKS = 64;
export const BLOCK_BYTES = 1 << 16;

/** Bytes of a file, from `start` to `end`: the lines that begin there are meant. */
export interface Stretch {
  /** The number of the file, the oldest first. */
  file: number;
  start: number;
  end: number;
}

export interface Sample {
  /** Each line counts once. */
  ends: Stretch[];
  /** They stand for all that is between the ends. */
  middle: Stretch[];
  /** Bytes between the ends. */
  middleBytes: number;
}

/** Of files with their records in `[from, to)`, taken as one log. All of a small one is in `ends`. */
export function sampleOf(files: readonly { from: number; to: number }[]): Sample {
  const total = files.reduce((sum, { from, to }) => sum + to - from, 0);
  if (total <= 2 * END_BYTES + BLOCKS * BLOCK_BYTES) return allOf(files);
  const middleBytes = total - 2 * END_BYTES;
  const step = middleBytes / BLOCKS;
  const middle: Stretch[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const start = Math.floor(END_BYTES + block * step + (step - BLOCK_BYTES) / 2);
    middle.push(...stretches(files, start, start + BLOCK_BYTES));
  }
  const ends = [...stretches(files, 0, END_BYTES), ...stretches(files, total - END_BYTES, total)];
  return { ends, middle, middleBytes };
}

/** Everything. */
export function allOf(files: readonly { from: number; to: number }[]): Sample {
  const ends = files.map(({ from, to }, file) => ({ file, start: from, end: to }));
  return { ends, middle: [], middleBytes: 0 };
}

/** `[start, end)` of the files one after the other, cut where they are. */
function stretches(
  files: readonly { from: number; to: number }[],
  start: number,
  end: number,
): Stretch[] {
  const found: Stretch[] = [];
  let before = 0;
  for (const [file, { from, to }] of files.entries()) {
    const first = Math.max(start - before, 0);
    const last = Math.min(end - before, to - from);
    if (first < last) found.push({ file, start: from + first, end: from + last });
    before += to - from;
  }
  return found;
}
