// Defines how the service gets the stores that it tends.
import type { System } from '../index.js';

export interface WatchedStore {
  /** The name in the configuration, for a glob with what it matched; null: there is only one store. */
  label: string | null;
  open(): Promise<System>;
}

/** The stores of a configuration that has been read. */
export interface StoreSource {
  /** What the operator should know of the configuration. */
  warnings: readonly string[];
  /** The stores that are there now: what a glob matches may be others each time. */
  stores(): Promise<WatchedStore[]>;
}
