// Collects the facts that doctor needs of the streams of a store, and of their servers.
import type { Redis } from 'ioredis';
import type { RedisStore } from '../../config/types.js';
import type { RedisServer, RedisStream, StreamFacts } from '../facts.js';
import { findStreams } from './discover.js';
import { groupsOf } from './groups.js';
import { secondsOf } from './ids.js';
import { ifAvailable, infoField } from './info.js';
import { mastersOf, type StreamLocation } from './nodes.js';
import { perNode, wordedFailure } from './run.js';
import type { Session } from './session.js';
import { readState, type StreamState } from './stream.js';

/** Streams of one master that are read at the same time: each command is a short read. */
const READS_PER_NODE = 8;

export async function examineStreams(session: Session): Promise<StreamFacts> {
  const { places, failures } = await findStreams(session);
  if (failures[0]) throw wordedFailure(failures[0].error, session);
  const nodes = await session.inspect((client) => [...mastersOf(client).keys()]);
  const servers = await Promise.all(
    nodes.map(async (node) => {
      return [node, await session.run(node, (client) => examineServer(session, mastersOf(client).get(node)!))] as const; // prettier-ignore
    }),
  );
  const cliOf = new Map(servers.map(([node, { cli }]) => [node, cli]));
  const limit = perNode(READS_PER_NODE);
  const present = new Set<string>();
  const streams = await Promise.all(
    places.map((place) =>
      limit(place.node, async () => {
        const state = await readState(session, place);
        if (state) present.add(systemOf(place.key, session.store));
        return state && examineStream(session, place, state, cliOf.get(place.node) ?? []);
      }),
    ),
  );
  const { prefix, systems } = session.store;
  return {
    kind: 'streams',
    servers: servers.map(([, server]) => server),
    streams: streams.filter((stream) => stream !== null),
    prefix,
    absent: systems.filter((name) => (name === '*' ? present.size === 0 : !present.has(name))),
  };
}

/** The system of `prefix:system:events`. A system that is named may have a colon in its name. */
function systemOf(key: string, { prefix }: RedisStore): string {
  return key.slice(prefix.length + 1, key.lastIndexOf(':'));
}

async function examineStream(
  session: Session,
  place: StreamLocation,
  state: StreamState,
  cli: string[],
): Promise<RedisStream | null> {
  if (!state.first || !state.last) return null;
  return {
    key: place.key,
    entries: state.length,
    oldest: secondsOf(state.first),
    newest: secondsOf(state.last),
    cli,
    groups: await groupsOf(session, place, state),
  };
}

async function examineServer({ store }: Session, server: Redis): Promise<RedisServer> {
  const asked = Date.now();
  const [time, info, save] = await Promise.all([
    ifAvailable(server.time()),
    ifAvailable(server.info()),
    ifAvailable(server.config('GET', 'save')),
  ]);
  const between = (asked + Date.now()) / 2000;
  const field = (name: string) => infoField(info, name);
  const number = (name: string) => toNumber(field(name));
  const isOk = (name: string) => (field(name) === null ? null : field(name) === 'ok');
  return {
    cli: cliArguments(server, store.db),
    maxMemory: number('maxmemory'),
    usedMemory: number('used_memory'),
    evictionPolicy: field('maxmemory_policy'),
    save: save?.[1] ?? null,
    appendOnly: field('aof_enabled') === null ? null : field('aof_enabled') === '1',
    saved: {
      snapshot: isOk('rdb_last_bgsave_status'),
      appendOnly: isOk('aof_last_write_status'),
    },
    secondsAhead: time && Number(time[0]) + Number(time[1]) / 1e6 - between,
  };
}

function toNumber(text: string | null): number | null {
  return text === null ? null : Number(text);
}

/** Behind sentinels the address is that of the current master. */
function cliArguments({ options, stream }: Redis, db: number): string[] {
  const { path, sentinels, tls } = options;
  const { host, port } = sentinels
    ? { host: stream.remoteAddress, port: stream.remotePort }
    : options;
  return [
    ...(path ? ['-s', path] : ['-h', String(host), '-p', String(port)]),
    ...(tls ? ['--tls'] : []),
    ...(db === 0 ? [] : ['-n', String(db)]),
  ];
}
