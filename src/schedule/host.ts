/** The machine on which cron or systemd will run the job: the one that prints it. */
export interface Host {
  /** Absolute paths of Node and of papyra's launcher. */
  node: string;
  papyra: string;
  /** Who runs the job: whoever prints it, so that it may do what was just tried. */
  user: string;
  /** What gives a command the last place at processor and disk: `/usr/bin/nice -n 10 …`. */
  politely: string[];
}

/** A low place at processor and disk, but not the very last one, where a busy disk might never serve it. */
export const LOW_PRIORITY = {
  nice: ['-n', '10'],
  ionice: ['-c', '2', '-n', '7'],
};
