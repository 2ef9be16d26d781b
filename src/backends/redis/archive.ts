import { userInfo } from 'node:os';
import { interruption } from '../../errors.js';
import { entries, timeOf, type Entry } from './entries.js';
import { targetName } from './names.js';
import type { StreamPlan } from './plan-stream.js';
import type { Session } from './session.js';

/**
 * Writes what the cuts will take to one archive: a line an entry, `{"key": …, "id": …, "data": …}`, the
 * oldest of each stream first. Once it returns, exactly these may go. null: nothing goes.
 */
export async function archiveStreams(
  session: Session,
  plans: readonly StreamPlan[],
  directory: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  if (plans.length === 0) return null;
  const { writeArchive } = await import('../../files/archive.js');
  const { uid, gid } = userInfo();
  const range = { oldest: NaN, newest: NaN };
  const content = async function* (): AsyncGenerator<Uint8Array> {
    for (const plan of plans) {
      for await (const entry of goingOf(session, plan)) {
        const time = timeOf(entry);
        if (!(range.oldest <= time)) range.oldest = time;
        if (!(range.newest >= time)) range.newest = time;
        if (signal?.aborted) throw interruption(signal);
        yield lineOf(plan.key, entry);
      }
    }
  };
  return writeArchive({
    directory,
    name: session.store.prefix,
    identity: targetName(session.store),
    owner: { uid, gid, mode: 0o600 },
    content: content(),
    watch: { push: () => undefined, range: () => range },
  });
}

function goingOf(session: Session, plan: StreamPlan): AsyncGenerator<Entry> {
  const [cut] = plan.cuts;
  const before = cut && 'before' in cut ? cut.before : plan.state.first;
  return entries(session, plan, { from: '-', to: `(${before}` });
}

/** What the runtime writes has one field; whatever else is there is archived field by field. */
function lineOf(key: string, { id, fields, data }: Entry): Buffer {
  const content =
    data !== null && fields.length === 2 ? dataOf(data) : { fields: pairs(fields.map(textOf)) };
  return Buffer.from(`${JSON.stringify({ key, id, ...content })}\n`);
}

function dataOf(data: Buffer): object {
  const text = textOf(data);
  return typeof text === 'string' ? { data: text } : { data_base64: text.base64 };
}

/** Bytes that are no UTF-8 would not survive as a text. */
function textOf(bytes: Buffer): string | { base64: string } {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : { base64: bytes.toString('base64') };
}

function pairs<T>(flat: T[]): [T, T][] {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name, flat[index + 1]!] as [T, T]] : [],
  );
}
