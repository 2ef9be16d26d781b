// Defines the document that says how a store grows, and where that leads.

/** How a store grows, and where that leads when it goes on like this. Only this store's growth is counted. */
export interface Forecast {
  /** From what it was computed; null: from nothing, as too little was seen. */
  basis: {
    /** `runs`: what compactions saw; `timestamps`: those of the records that are there. */
    source: 'runs' | 'timestamps';
    /** How many runs; null with `timestamps`. */
    runs: number | null;
    /** Days that were seen. */
    days: number;
    /** The newest of them, from which the growth is taken. */
    window_days: number;
    /** Days of the window that were left out, as they brought far more than the others. */
    bursts: number;
  } | null;
  /** Why there is no forecast, or less of one; null: nothing is missing. */
  unknown: string | null;
  /** What comes, each day; null: not known. */
  bytes_per_day: number | null;
  records_per_day: number | null;
  /** What compactions removed, each day, in the same time; null: no run was seen. */
  dropped_bytes_per_day: number | null;
  dropped_records_per_day: number | null;
  /** Whether compaction holds the store at its limits; null: there are none, or it is not known. */
  keeps_up: boolean | null;
  /** Days from one run to the next, as they came; null: too few runs. */
  run_every_days: number | null;
  /** What the store has room in: its disk, or the `maxmemory` of its Redis. null: no limit, or not known. */
  room: { of: 'disk' | 'memory'; free_bytes: number; total_bytes: number } | null;
  /** The most that the store will take with the limits in force, and when; null: it has no end, or is not known. */
  levels_off: { bytes: number; in_days: number } | null;
  /** When the room is used up at this pace; null: not within ten years, or not known. */
  full: { in_days: number; at: string } | null;
  /** A limit that would fit the room; null: none is needed, or none would. */
  suggestion: {
    key: 'max_age_seconds' | 'max_total_bytes';
    value: number;
    /** As the configuration takes it: `4d`, `3.2GB`. */
    setting: string;
    /** How much of the disk, or of the memory, would then be used, in all. */
    used_percent: number;
  } | null;
}
