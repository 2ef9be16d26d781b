// Deletes the corrupted entries of one stream, batch after batch.
import { interruption, type PapyraError } from '../../errors/errors.js';
import { isCorrupted } from './corrupted.js';
import { noteBytes } from './collect.js';
import { bytesOf, entries, entryOf, PAGE_BYTES, type Entry, type RawEntry } from './entries.js';
import { MOST_COPIED, type Quarantine } from './quarantine.js';
import type { StreamReading } from './read-streams.js';
import { wordedFailure } from './run.js';
import type { Session } from './session.js';

/** What became of the corrupted entries of a stream. */
export interface Deletion {
  /** Entries that are gone, whoever deleted them; and the last of them. */
  done: number;
  through: string | undefined;
  /** Those that this run deleted, and the bytes of their fields. */
  removed: number;
  bytesRemoved: number;
  /** Why it ended early. */
  failure?: PapyraError | undefined;
}

interface Batch {
  /** The last id that it stands for, and how many. */
  through: string;
  planned: number;
  /** Those that are still there. */
  entries: Entry[];
}

/**
 * Each batch: look at the entries again; copy them to quarantine, if that is the mode; delete them. A kill between two
 * steps leaves an entry where it is, or there and in quarantine.
 *
 * The ids are enough to delete the right entries: an id is given once in the life of a stream, and an entry does not
 * change. The second look is for what that does not cover: a stream that was deleted, and made anew with old ids.
 */
export async function deleteCorrupted(
  session: Session,
  stream: StreamReading,
  { quarantine, signal, onDone }: Options,
): Promise<Deletion> {
  const result: Deletion = { done: 0, through: undefined, removed: 0, bytesRemoved: 0 };
  try {
    for await (const batch of batchesOf(session, stream)) {
      if (signal?.aborted) throw interruption(signal);
      const gone = batch.entries.length === 0 ? [] : await remove(session, stream, batch.entries, quarantine); // prettier-ignore
      result.removed += gone.length;
      result.bytesRemoved += gone.reduce((sum, entry) => sum + bytesOf(entry), 0);
      result.done += batch.planned;
      result.through = batch.through;
      onDone(batch.planned);
    }
  } catch (error) {
    result.failure = wordedFailure(error, session);
  }
  return result;
}

interface Options {
  quarantine: Quarantine | undefined;
  signal: AbortSignal | undefined;
  /** Told of each batch. */
  onDone: (entries: number) => void;
}

/** Returns those that are gone by this run's doing. */
async function remove(
  session: Session,
  { key, node }: StreamReading,
  batch: Entry[],
  quarantine: Quarantine | undefined,
): Promise<Entry[]> {
  const atFirst = session.connections;
  for (;;) {
    const { connections } = session;
    await quarantine?.keep(batch);
    const answers = await session.run(node, async (client) => {
      // The server of now may be a replica of then, without the copies.
      if (quarantine && session.connections !== connections) return null;
      return Promise.all(batch.map(({ id }) => client.xdel(key, id)));
    });
    if (answers === null) {
      quarantine?.doubt();
      continue;
    }
    // Done over two connections, nobody knows what the first one did.
    if (session.connections !== atFirst) return batch;
    return batch.filter((_, index) => answers[index] === 1);
  }
}

/** First those whose ids are known; then the rest of the stream is read again. */
async function* batchesOf(session: Session, stream: StreamReading): AsyncGenerator<Batch> {
  const { corrupted, next, state } = stream;
  for (let from = 0; from < corrupted.length;) {
    let bytes = corrupted[from]!.bytes;
    let to = from + 1;
    while (to < corrupted.length && to - from < MOST_COPIED) {
      bytes += corrupted[to]!.bytes;
      if (bytes > PAGE_BYTES) break;
      to += 1;
    }
    yield lookAgain(session, stream, corrupted.slice(from, to).map(({ id }) => id)); // prettier-ignore
    from = to;
  }
  if (next === undefined) return;
  let batch: Entry[] = [];
  let bytes = 0;
  for await (const entry of entries(session, stream, { from: next, to: state.last })) {
    if (!isCorrupted(entry)) continue;
    batch.push(entry);
    bytes += bytesOf(entry);
    if (batch.length < MOST_COPIED && bytes < PAGE_BYTES) continue;
    yield batchOf(batch);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batchOf(batch);
}

function batchOf(batch: Entry[]): Batch {
  return { through: batch.at(-1)!.id, planned: batch.length, entries: batch };
}

async function lookAgain(session: Session, { key, node }: StreamReading, ids: string[]): Promise<Batch> {
  const answers = await session.run(node, (client) =>
    Promise.all(ids.map((id) => client.callBuffer('XRANGE', key, id, id))),
  );
  const found = (answers as RawEntry[][]).flat().map(entryOf);
  noteBytes(found.reduce((sum, entry) => sum + bytesOf(entry), 0));
  return { through: ids.at(-1)!, planned: ids.length, entries: found.filter(isCorrupted) };
} // prettier-ignore
