// Puts together from later archives which lines a file had, whose head several runs were about to remove in place.
//
// A run that ended took the head away: the next archive goes on where its own ends. One that was killed left the head
// there: the next archive begins again at its start; what was overwritten with fillers is not in it, but a filler is.
import { leadingFiller } from '../files/filler.js';
import { PieceReader } from './lines.js';

/** What an archive has of the file, or, at last, the file itself. */
export interface Stretch {
  bytes: () => AsyncIterable<Buffer>;
  /** Whether the next one begins as this one does: its lines were still there. */
  isRepeated: boolean;
}

/** The lines of the file from the start of a stretch on, as far as they are known, with fillers. */
export async function* linesFrom(
  stretches: readonly Stretch[],
  at: number,
): AsyncGenerator<Buffer> {
  if (at >= stretches.length) return;
  yield* stretches[at]!.bytes();
  yield* linesBehind(stretches, at);
}

async function* linesBehind(stretches: readonly Stretch[], at: number): AsyncGenerator<Buffer> {
  const { isRepeated, bytes } = stretches[at]!;
  if (!isRepeated) {
    yield* linesFrom(stretches, at + 1);
    return;
  }
  const [ours, theirs] = [new PieceReader(bytes()), new PieceReader(linesFrom(stretches, at + 1))];
  try {
    let [our, their] = [await ours.next(), await theirs.next()];
    while (our && their?.bytes.equals(our.bytes)) {
      our = await ours.next();
      their = await theirs.next();
    }
    // Neither all of ours nor up to fillers: it is not known what is behind them.
    if (our && !(their && isFiller(their.bytes))) return;
    while (their && isFiller(their.bytes)) their = await theirs.next();
    for (; their; their = await theirs.next()) yield their.bytes;
  } finally {
    await ours.close();
    await theirs.close();
  }
}

const FILLER_BEGIN = Buffer.from('{"kind":"compaction","timestamp":0,"nonce":"');

/** `line`: with its newline. */
export function isFiller(line: Buffer): boolean {
  const begins = line.subarray(0, FILLER_BEGIN.length).equals(FILLER_BEGIN);
  return begins && leadingFiller(line.toString('latin1'))?.bytes === line.length;
}
