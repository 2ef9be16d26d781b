// The result of a startup check: whether the runtime may start on the store.
import type { RecoveryReport } from './recovery.js';
import type { ScanReport } from './scan.js';

export type StartupMode = 'ignore' | 'fail_on_anomaly' | 'recover';

/** What a startup check found and did, and the document of `persistence startup-check --json`. */
export interface StartupReport {
  schema: 'papyra.startup/v1';
  /** `healthy`: no anomaly, or none is left; `ignored`, `failed`: as the mode says; `unrecovered`: some are left. */
  status: 'healthy' | 'recovered' | 'ignored' | 'failed' | 'unrecovered';
  mode: StartupMode;
  scan: ScanReport;
  /** null: nothing had to be recovered, or the mode does not allow it. */
  recovery: RecoveryReport | null;
  warnings: string[];
}
