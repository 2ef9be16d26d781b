// Reads every entry of the configured streams, and counts and lists those that are corrupted.
import type { PapyraError } from '../../errors/errors.js';
import { pace } from '../../log/pace.js';
import type { Tick } from '../../files/read.js';
import { AnomalyList } from '../../report/anomalies.js';
import type { ScanRequest } from '../backend.js';
import { anomalyOf, isReadable } from './corrupted.js';
import { findStreams } from './discover.js';
import { bytesOf, entries, recordOf } from './entries.js';
import { entriesProgress } from './entries-progress.js';
import type { Part } from './failed-parts.js';
import type { StreamLocation } from './nodes.js';
import { perNode, wordedFailure } from './run.js';
import type { Session } from './session.js';
import { readState, type StreamState } from './stream.js';

/** Streams of one master that are asked for their state at a time: each command is a short read. */
const LOOKS_PER_NODE = 8;
/** Streams of one master that are read at a time: of each, a page or one large entry is in memory. */
const READS_PER_NODE = 2;
/** Entries between two reports of progress. */
const STEP = 1000;

/** An entry that was found corrupted. */
export interface Corrupted {
  id: string;
  /** Of its fields. */
  bytes: number;
}

/** What a stream holds, from the first entry to the one that was the last when reading began. */
export interface StreamReading extends StreamLocation, Part {
  state: StreamState & { first: string; last: string };
  /** Readable records, and how many of them have no timestamp. */
  records: number;
  undated: number;
  /** Of the fields of all entries. */
  bytes: number;
  anomalies: AnomalyList;
  anomalousBytes: number;
  /** The first corrupted entries, in order. */
  corrupted: Corrupted[];
  /** The first corrupted entry that is not among them; undefined: all are. */
  next: string | undefined;
  failure?: PapyraError | undefined;
}

export interface Readings {
  /** Streams that have entries; those that failed have what was read of them until then. */
  streams: StreamReading[];
  /** Streams, and keys of masters, of which nothing could be read. */
  unread: Part[];
}

/** `remembered`: so many ids of corrupted entries are kept, over all streams. */
export async function readStreams(
  session: Session,
  request: ScanRequest,
  remembered: number,
): Promise<Readings> {
  if (request.signal) session.stopOn(request.signal);
  const { places, failures } = await findStreams(session);
  const look = perNode(LOOKS_PER_NODE);
  const looks = await Promise.all(
    places.map((place) =>
      look(place.node, async (): Promise<StreamReading | Part | null> => {
        try {
          const state = await readState(session, place);
          return state && hasEntries(state) ? begun(place, state, request.limit) : null;
        } catch (error) {
          return { key: place.key, failure: wordedFailure(error, session) };
        }
      }),
    ),
  );
  const streams = looks.filter((one) => one !== null && 'state' in one);
  const unlooked = looks.flatMap((one) => (one === null || 'state' in one ? [] : one));
  const unsearched = failures.map(({ node, error }) => ({
    key: `${session.store.prefix}:* on ${node}`,
    failure: wordedFailure(error, session),
  }));
  const read = perNode(READS_PER_NODE);
  const paced = pace(request);
  const progress = entriesProgress(
    'scan',
    sumOf(streams, ({ state }) => state.length),
    request,
  );
  const memory = { left: remembered };
  await Promise.all(
    streams.map((stream) =>
      read(stream.node, async () => {
        try {
          await readEntries(session, stream, { memory, tick: paced(), progress });
        } catch (error) {
          stream.failure = wordedFailure(error, session);
        }
      }),
    ),
  );
  return { streams, unread: [...unlooked, ...unsearched] };
}

function hasEntries(state: StreamState): state is StreamReading['state'] {
  return state.length > 0 && state.first !== null && state.last !== null;
}

function begun(place: StreamLocation, state: StreamReading['state'], limit: number): StreamReading {
  return {
    ...place,
    state,
    records: 0,
    undated: 0,
    bytes: 0,
    anomalies: new AnomalyList(limit),
    anomalousBytes: 0,
    corrupted: [],
    next: undefined,
  };
}

interface Watch {
  memory: { left: number };
  tick: Tick;
  progress: (entries: number) => void;
}

async function readEntries(
  session: Session,
  stream: StreamReading,
  { memory, tick, progress }: Watch,
): Promise<void> {
  const { first, last } = stream.state;
  let unsaid = 0;
  for await (const entry of entries(session, stream, { from: first, to: last })) {
    const { kind } = recordOf(entry);
    const bytes = bytesOf(entry);
    stream.bytes += bytes;
    if (isReadable(kind)) {
      stream.records += 1;
      if (kind === 'undated') stream.undated += 1;
    } else {
      stream.anomalousBytes += bytes;
      const { anomalies } = stream;
      if (anomalies.hasRoom) anomalies.add(anomalyOf(stream.key, entry));
      else anomalies.count('CORRUPTED_LINE', 1);
      if (stream.next === undefined) remember(stream, memory, { id: entry.id, bytes });
    }
    unsaid += 1;
    if (unsaid === STEP) {
      progress(unsaid);
      unsaid = 0;
    }
    const waiting = tick(bytes);
    if (waiting) await waiting;
  }
  progress(unsaid);
}

function remember(stream: StreamReading, memory: Watch['memory'], corrupted: Corrupted): void {
  if (memory.left === 0) {
    stream.next = corrupted.id;
    return;
  }
  memory.left -= 1;
  stream.corrupted.push(corrupted);
}
/** All anomalies, of the first streams first. */
export function anomaliesOf(streams: readonly StreamReading[], limit: number): AnomalyList {
  const all = new AnomalyList(limit);
  for (const { anomalies } of streams) {
    for (const anomaly of anomalies.listed) all.add(anomaly);
    all.count('CORRUPTED_LINE', anomalies.total - anomalies.listed.length);
  }
  return all;
}

export function sumOf<T>(of: readonly T[], number: (one: T) => number): number {
  return of.reduce((sum, one) => sum + number(one), 0);
}
