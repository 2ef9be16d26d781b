// Defines the machine on which cron or systemd will run the job: the one that prints it.
export interface Host {
  /** Absolute paths: of Node and papyra's launcher, or of the one file. */
  command: string[];
  /** The user who prints the job also runs it, so the job has the rights that were just checked. */
  user: string;
  /** A prefix that lowers the priority of a command: `/usr/bin/nice -n 10 …`. */
  politely: string[];
}

/** A low priority for processor and disk, but not the lowest: a busy disk might never serve that. */
export const LOW_PRIORITY = { nice: ['-n', '10'], ionice: ['-c', '2', '-n', '7'] };
