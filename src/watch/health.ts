// Judges whether the service does its work.
import type { Tended } from './tended.js';

/** The document of `/healthz` and `/livez`. */
export interface Health {
  schema: 'papyra.health/v1';
  /** `failing`: the last run of a store failed; `overdue`: the service does not come round to its runs. */
  status: 'ok' | 'failing' | 'overdue';
  /** In one sentence; null: all is well. */
  reason: string | null;
  /** The number of stores. */
  stores: number;
  failing: { store: string | null; code: string; message: string; times: number; since: string }[];
}

/** More stores are counted, and not listed. */
const MOST_LISTED = 20;
/** A run that shows no progress for so long is stuck: hooks and slow disks take less. */
const STUCK_MS = 10 * 60_000;
/** A run that begins so late has been forgotten. */
const LATE_MS = 60_000;

/** Signs of life of the service. */
export interface Signs {
  running: boolean;
  /** When a run last began, showed progress or ended. */
  last: number;
}

/** `now`: of the same monotonic clock as the signs. */
export function healthOf(stores: readonly Tended[], { running, last }: Signs, now: number): Health {
  const failing = stores.flatMap(({ store: { label }, failing }) => {
    if (!failing) return [];
    const { error, times, since } = failing;
    const { code, message } = error;
    return [{ store: label, code, message, times, since: new Date(since).toISOString() }];
  });
  const health = (status: Health['status'], reason: string | null): Health => ({
    schema: 'papyra.health/v1',
    status,
    reason,
    stores: stores.length,
    failing: failing.slice(0, MOST_LISTED),
  });
  const still = now - last;
  if (running && still > STUCK_MS) {
    return health(
      'overdue',
      `the run that is on has shown no progress for ${minutes(still)} minutes`,
    );
  }
  const late = Math.max(0, ...stores.map(({ due }) => now - due));
  if (!running && still > LATE_MS && late > LATE_MS) {
    return health('overdue', `a run has been due for ${minutes(late)} minutes`);
  }
  if (failing.length === 0) return health('ok', null);
  return health('failing', `${failing.length} of ${stores.length} stores failed in their last run`);
}

function minutes(ms: number): number {
  return Math.round(ms / 60_000);
}
