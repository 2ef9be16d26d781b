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

/** How a store is inspected. All optional. */
export interface InspectOptions {
  /** Read everything; default: a sample of what is large. */
  full?: boolean;
  /** Also say what fills the store: the largest kinds, types or actors. */
  by?: 'kind' | 'type' | 'actor';
  /** Of these, so many; default 10. */
  limit?: number;
  /** Add the counters over all compactions. */
  showMetrics?: boolean;
  /** Stops reading. */
  signal?: AbortSignal;
  /** Called often, with bytes (or entries) read and in all. */
  onProgress?: (progress: Progress) => void;
}

/** How a store is looked at. */
export interface DoctorOptions {
  /** Stops looking. */
  signal?: AbortSignal;
}
