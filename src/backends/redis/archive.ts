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

function goingOf(session: Session, { key, state, cuts }: StreamPlan): AsyncGenerator<Entry> {
  const [cut] = cuts;
  const before = cut && 'before' in cut ? cut.before : state.first;
  return entries(session, key, { from: '-', to: `(${before}` });
}

/** Bytes that are no UTF-8 would not survive as a text. */
function lineOf(key: string, { id, data }: Entry): Buffer {
  const text = data?.toString('utf8');
  const whole = data === null || Buffer.from(text!).equals(data);
  const content = whole ? { data: text ?? null } : { data_base64: data.toString('base64') };
  return Buffer.from(`${JSON.stringify({ key, id, ...content })}\n`);
}
