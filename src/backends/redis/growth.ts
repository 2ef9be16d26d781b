// Tells how much memory a Redis has left for the streams of a store, and how fast the streams grow by their ids.
import type { Room } from '../../forecast/forecast.js';
import type { Step } from '../../forecast/growth.js';
import { findStreams } from './discover.js';
import { secondsOf } from './ids.js';
import { infoField, memoryInfo } from './info.js';
import { mastersOf } from './nodes.js';
import { perNode } from './run.js';
import type { Session } from './session.js';
import { memoryOf, readState } from './stream.js';

const READS_PER_NODE = 8;

/** null: no limit, not known, or many masters, of which nobody can say which one is full first. */
export async function memoryRoom(session: Session): Promise<Room | null> {
  const nodes = await session.inspect((client) => [...mastersOf(client).keys()]);
  if (nodes.length !== 1) return null;
  const [node] = nodes;
  const info = await memoryInfo(session, node!);
  const total = Number(infoField(info, 'maxmemory') ?? 0);
  const used = Number(infoField(info, 'used_memory') ?? NaN);
  if (!(total > 0) || Number.isNaN(used)) return null;
  return { of: 'memory', free: Math.max(0, total - used), total, copy: false };
}

/**
 * Each stream is taken to have grown evenly since its first entry, as nothing tells how many entries lie between two
 * ids. The sum of the streams is one step, as long as the shortest of them.
 */
export async function arrivalsOfStreams(session: Session, now: number): Promise<Step[]> {
  const { places } = await findStreams(session);
  const onNode = perNode(READS_PER_NODE);
  const streams = await Promise.all(
    places.map((place) =>
      onNode(place.node, async () => {
        const state = await readState(session, place);
        if (!state?.first || state.length === 0) return null;
        return { seconds: now - secondsOf(state.first), entries: state.length, bytes: await memoryOf(session, place) }; // prettier-ignore
      }),
    ),
  );
  const known = streams
    .filter((stream) => stream !== null && stream.seconds > 0)
    .map((one) => one!);
  if (known.length === 0) return [];
  const seconds = Math.min(...known.map((one) => one.seconds));
  const sum = (of: (stream: (typeof known)[number]) => number) =>
    known.reduce((all, one) => all + (of(one) * seconds) / one.seconds, 0);
  const bytes = known.some((one) => one.bytes === null) ? null : sum((one) => one.bytes!);
  return [{ from: now - seconds, to: now, bytes, records: sum(({ entries }) => entries) }];
}
