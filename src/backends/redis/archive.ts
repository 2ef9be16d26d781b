// Writes the entries that the cuts will take to an archive.
import { isUtf8 } from 'node:buffer';
import { userInfo } from 'node:os';
import { interruption } from '../../errors/errors.js';
import type { Archiving } from '../../files/archive.js';
import { earlier, later } from '../../records/sums.js';
import { noteBytes } from './collect.js';
import { entries, timeOf, type Entry } from './entries.js';
import { escapedPieces, fieldTexts } from './field-texts.js';
import { upTo } from './ids.js';
import { targetName } from './names.js';
import type { StreamPlan } from './plan-stream.js';
import type { Session } from './session.js';

/**
 * Each entry is a line `{"key": …, "id": …, "data": …}`, the oldest of each stream first. After that exactly these
 * entries may go. null: nothing goes.
 */
export async function archiveStreams(
  session: Session,
  plans: readonly StreamPlan[],
  archiving: Archiving,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  if (plans.length === 0) return null;
  const { writeArchive } = await import('../../files/archive.js');
  const { uid, gid } = userInfo();
  const range = { oldest: NaN, newest: NaN };
  const content = async function* (plan: StreamPlan, ids: Ids): AsyncGenerator<Uint8Array> {
    for await (const entry of goingOf(session, plan)) {
      const time = timeOf(entry);
      range.oldest = earlier(range.oldest, time);
      range.newest = later(range.newest, time);
      ids.first ||= entry.id;
      ids.last = entry.id;
      if (signal?.aborted) throw interruption(signal);
      for (const piece of lineOf(plan.key, entry)) {
        noteBytes(2 * piece.length);
        yield piece;
      }
    }
  };
  return writeArchive({
    archiving,
    name: session.store.prefix,
    identity: targetName(session.store),
    owner: { uid, gid, mode: 0o600 },
    parts: plans.map((plan) => {
      const ids: Ids = { first: '', last: '' };
      return {
        name: plan.key,
        content: content(plan, ids),
        source: (head) => ({ ...ids, head }),
      };
    }),
    watch: { push: () => undefined, range: () => range },
  });
}

/** Of the first and the last entry of a stream that are archived. */
interface Ids {
  first: string;
  last: string;
}

function goingOf(session: Session, plan: StreamPlan): AsyncGenerator<Entry> {
  const [cut] = plan.cuts;
  const before = cut && 'before' in cut ? cut.before : plan.state.first;
  return entries(session, plan, { from: '-', to: upTo(before) });
}

/** The runtime writes one field. Entries with other fields are archived field by field. */
function* lineOf(key: string, { id, fields, data }: Entry): Generator<Uint8Array> {
  const head = { key, id };
  if (data === null || fields.length !== 2) {
    yield lineFrom({ ...head, fields: fieldTexts(fields) });
  } else if (!isUtf8(data)) {
    yield lineFrom({ ...head, data_base64: data.toString('base64') });
  } else {
    yield* inPieces({ ...head, data: '' }, data);
  }
}

function lineFrom(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/** A line whose last value, an empty text, is replaced by `data`. */
function* inPieces(head: object, data: Buffer): Generator<Uint8Array> {
  let text = JSON.stringify(head).slice(0, -2);
  for (const piece of escapedPieces(data)) {
    yield Buffer.from(text + piece);
    text = '';
  }
  yield Buffer.from(`${text}"}\n`);
}
