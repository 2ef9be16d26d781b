// Decides whether the runtime may start on a store, as the runtime itself would: scan, then what the mode says.
import type { Backend } from '../backends/backend.js';
import type { CommandLine } from '../doctor/command-line.js';
import type { StartupMode, StartupReport } from '../report/startup-check.js';
import type { StartupCheckOptions } from './call-options.js';
import { checkStartupOptions } from './call.js';
import { recover } from './recover.js';
import { scan } from './scan.js';

/** Scans; recovers only where the mode says so; scans again after that. */
export async function startupCheck(
  backend: Backend,
  how: StartupCheckOptions,
  papyra: CommandLine,
): Promise<StartupReport> {
  checkStartupOptions(how);
  const { mode = 'fail_on_anomaly', recoveryMode, ...others } = how;
  const { lockWaitMs, quarantineDir, ...looking } = others;
  const first = await scan(backend, looking, papyra);
  const report = (status: StartupReport['status'], more: Partial<StartupReport> = {}): StartupReport => ({
    schema: 'papyra.startup/v1', status, mode, scan: first, recovery: null, warnings: first.warnings, ...more,
  }); // prettier-ignore
  if (first.anomalies.total === 0) return report('healthy');
  if (mode !== 'recover') return report(REFUSALS[mode]);
  const recovery = await recover(backend, {
    ...looking,
    ...(recoveryMode === undefined ? {} : { mode: recoveryMode }),
    ...(quarantineDir === undefined ? {} : { quarantineDir }),
    ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
  });
  const again = await scan(backend, looking, papyra);
  const isClean = again.anomalies.total === 0;
  const warnings = [...new Set([...recovery.warnings, ...again.warnings])];
  return report(isClean ? 'recovered' : 'unrecovered', { scan: again, recovery, warnings });
}

const REFUSALS: Record<Exclude<StartupMode, 'recover'>, StartupReport['status']> = {
  ignore: 'ignored',
  fail_on_anomaly: 'failed',
};
