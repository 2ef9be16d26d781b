/** What the calls of the library may be given; what is wrong with it is said by call.ts. */
import type { Progress } from '../backends/backend.js';
import type { ConfigInput, Overrides } from '../config/types.js';
import type { OddLines } from '../retention/policy.js';

/** How `openSystem()` finds the store. */
export interface OpenOptions extends ConfigInput {
  /**
   * A configuration file; else PAPYRA_CONFIG, else the usual search. Not looked at when `persistence` is
   * given; what else is given (`metrics`) beats the file.
   */
  configFile?: string;
  /** Values that beat file and environment, as flags do. */
  overrides?: Overrides;
  /** The directory where relative paths start and the search begins; default: the working directory. */
  cwd?: string;
  /** Ends whatever waits for an answer of the store; a compaction has one of its own. */
  signal?: AbortSignal;
}

/** How one compaction is done. All optional. */
export interface CompactOptions extends Partial<OddLines> {
  /** Only plan: the report says what would be done. Creates nothing and takes no lock. */
  dryRun?: boolean;
  /** The instant at which retention decides, in seconds since 1970. Only with `dryRun`. */
  now?: number;
  /** Allow a plan that leaves no record at all. */
  allowEmpty?: boolean;
  /** Milliseconds to wait for another run's lock; default 0: do not wait. */
  lockWaitMs?: number;
  /** Remove the expired head of the file without a copy; what expired behind it stays. */
  inPlace?: boolean;
  /** A directory to which what is dropped goes first; default: `persistence.archive.dir`. */
  archive?: string;
  /** Assert that nothing writes to the store: no looking for writers, no waiting for them. */
  offline?: boolean;
  /** Bytes read and written in a second, at most. */
  limitRate?: number;
  /** Redis: consumer groups whose pending and undelivered entries are not protected; true: all. */
  ignoreGroups?: readonly string[] | true;
  /** Milliseconds after which the run stops at the next safe point, with the status `stopped`. */
  maxDurationMs?: number;
  /** Stops the run at the next safe point; the storage is then as it was. */
  signal?: AbortSignal;
  /** Called often, with bytes (or entries) done and in all. */
  onProgress?: (progress: Progress) => void;
}

/** How a store is looked at. */
export interface DoctorOptions {
  /** Stops looking. */
  signal?: AbortSignal;
}

/** Which records are summed up. All optional. */
export interface SummaryOptions {
  /** Seconds since 1970; both are included. A record without a timestamp is in no range. */
  since?: number;
  until?: number;
  /** A directory with archives of the store, which count, too. */
  archive?: string;
  /** How many of the most frequent types are told; default: 5. */
  types?: number;
  /** Stops the work. */
  signal?: AbortSignal;
}

/** Which records are listed, and how. All optional. */
export interface RecordsOptions extends Omit<SummaryOptions, 'types'> {
  /** default: all three. */
  kind?: 'event' | 'audit' | 'dead_letter';
  /** The class name of an event, or the type of the message in a dead letter. */
  type?: string;
  /** Whom a record is about: an actor's address, such as `local://2`. */
  target?: string;
  /** The newest so many of those that are asked for; default: all. */
  limit?: number;
  /** Newest first; default: oldest first. */
  newestFirst?: boolean;
  /** Goes on with what is appended, until `signal` ends it. Not with `newestFirst` or `until`. */
  follow?: boolean;
  /** Called with what the operator should know, one sentence each. */
  onWarning?: (warning: string) => void;
}
