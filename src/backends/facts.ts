// Defines the facts about a store that doctor judges. Collecting them changes nothing.
import type { PapyraError } from '../errors/errors.js';
import type { Readers } from '../files/followers.js';
import type { LockHolder, OddLock } from '../files/lock-holder.js';
import type { PathState } from '../files/path-state.js';
import type { Recovery } from '../files/recovery-table.js';
import type { RuntimeTemp } from '../files/surroundings.js';
import type { Writer } from '../files/writers.js';
import type { Ends } from '../log/ends.js';
import type { Foreign } from '../log/foreign/form.js';
import type { Group } from './redis/groups.js';
import type { Rotation } from './rotating/set.js';

export type StoreFacts = LogFacts | StreamFacts;

/** A log of one file, or a rotating set. */
export interface LogFacts {
  kind: 'log';
  /** The real path of the log, or of the active file. */
  path: string;
  /** Oldest first; none: the runtime has written nothing yet. */
  files: LogFile[];
  /** Bytes of all of them. */
  bytes: number;
  /** null: it does not rotate. */
  rotation: Rotation | null;
  directory: PathState;
  /** Where papyra keeps its metrics. */
  home: PathState;
  /** The owner of the log, when this user may not replace it for that reason. */
  foreign: { uid: number; why: PapyraError } | null;
  /** Why it could not be rewritten while a runtime writes to it, or shortened in place. */
  obstacles: { rewrite: PapyraError | null; inPlace: PapyraError | null };
  /** An error: no lock can be taken in this place. */
  lock: LockHolder | OddLock | PapyraError | null;
  /** Who keeps the active file open for writing. */
  writers: Writer[];
  /** Who reads the files, or watches them or their directory. */
  readers: Readers;
  leftovers: {
    ours: { path: string; changed: Date }[];
    /** What they mean for a log of one file; null for a set. */
    recovery: Recovery | null;
    ofRuntime: RuntimeTemp[];
  };
}

export interface LogFile {
  path: string;
  size: number;
  changed: Date;
  /** What its first and last bytes hold. */
  ends: Ends;
  /** What it is, when it is no log of the runtime. */
  foreign: Foreign | null;
}

/** Streams of Redis, and the servers that have them. */
export interface StreamFacts {
  kind: 'streams';
  servers: RedisServer[];
  /** Only streams that have entries. */
  streams: RedisStream[];
  /** What the keys of streams begin with. */
  prefix: string;
  /** Configured systems that have no stream; `*`: there is no stream at all. */
  absent: string[];
}

/** A master. A fact that this user may not ask for is null. */
export interface RedisServer {
  /** Arguments with which redis-cli reaches it, without credentials. */
  cli: string[];
  /** Bytes; 0: no limit. */
  maxMemory: number | null;
  usedMemory: number | null;
  evictionPolicy: string | null;
  /** Its `save` setting; an empty text: it never saves itself. */
  save: string | null;
  appendOnly: boolean | null;
  /** Whether the last write of each kind reached the disk. */
  saved: { snapshot: boolean | null; appendOnly: boolean | null };
  /** How far its clock is ahead of ours. */
  secondsAhead: number | null;
}

export interface RedisStream {
  key: string;
  entries: number;
  /** Times of the oldest and the newest entry by the server's clock, in seconds since 1970. */
  oldest: number;
  newest: number;
  /** Arguments of redis-cli for its server. */
  cli: string[];
  groups: Group[];
}
