// Names the stores that the service tends.
import type { System } from '../index.js';

/** How a store is called in what is told of it; null: it is the only one, and its target says enough. */
export type Label = string | null;

export interface WatchedStore {
  label: Label;
  open(): Promise<System>;
}

/** The stores of a configuration that has been read. */
export interface StoreSource {
  warnings: readonly string[];
  stores: readonly WatchedStore[];
  /** The same configuration, not read again: a glob may match others now. */
  again(): Promise<StoreSource>;
  /** Writes what is to be known of the runs since the last call where others read it. Returns warnings. */
  publish(): Promise<string[]>;
}
