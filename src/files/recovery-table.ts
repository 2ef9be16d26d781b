// Decides what a run must do about the names that a killed run left beside a log. replace.ts tells how they come about.
export interface Leftovers {
  /** Something has the log's own name. */
  log: boolean;
  /** The old links: none, names of the log itself, or of another file. */
  old: OldLink;
  /** There is a temporary file. */
  temp: boolean;
}

export type OldLink = 'none' | 'same' | 'other';

export type Recovery =
  /** Nothing was left behind. */
  | 'clean'
  /** Killed in step 2: the log is untouched. */
  | 'remove-temp'
  /** Killed in step 3, or before the rename of step 4 was on the disk: the log is untouched. */
  | 'remove-old-then-temp'
  /** Killed after the rename, or the link was kept for writers: the old file may hold late records. */
  | 'finish-drain'
  /** Another program put its file in the log's place: touch nothing, report. */
  | 'foreign-replacement'
  /** The log was moved away: touch nothing, report. */
  | 'log-moved';

/** No run begins a temporary file while there is an old link: one beside a link to another file is not our doing. */
export function recoveryFor({ log, old, temp }: Leftovers): Recovery {
  if (!log) return old === 'none' && !temp ? 'clean' : 'log-moved';
  if (old === 'same') return 'remove-old-then-temp';
  if (old === 'other') return temp ? 'foreign-replacement' : 'finish-drain';
  return temp ? 'remove-temp' : 'clean';
}

/** There can be two links: a power loss may bring back a removed one beside its successor. Both name the log then. */
export function compareOld<Id>(log: Id | undefined, links: readonly Id[]): OldLink {
  if (links.length === 0) return 'none';
  return links.every((link) => link === log) ? 'same' : 'other';
}
