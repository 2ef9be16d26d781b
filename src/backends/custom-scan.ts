// Scans and recovers a store by the functions that a custom backend module offers for it.
import { blankRecovery, blankScan } from '../report/blank.js';
import type { RecoveryReport } from '../report/recovery.js';
import type { ScanReport } from '../report/scan.js';
import type { RecoveryPlan, RecoveryRequest, ScanRequest } from './backend.js';
import { recoveryOf, scanOf } from './custom-scan-report.js';
import { askModule, type CustomBackend } from './custom.js';

/** A module that has no `scan()`, or says nothing, is not known to be clean. */
export async function scanCustom(
  backend: CustomBackend,
  file: string,
  request: ScanRequest,
): Promise<Omit<ScanReport, 'next'>> {
  const startedAt = Date.now();
  const { name } = backend;
  const blank = () => blankScan('best_effort', { backend: name, target: file, startedAt });
  if (!backend.scan) {
    const warning = `the custom backend ${name} offers no scan(): nothing is known about its store`;
    return { ...blank(), warnings: [warning] };
  }
  const given = await askModule(backend, file, 'scan', request, (watch) =>
    backend.scan!({ limit: request.limit, ...watch }),
  );
  const unsaid = `the custom backend ${name} did not say what it found`;
  if (given === null) return { ...blank(), warnings: [unsaid] };
  const report = scanOf(given, blank(), request.limit, file);
  if (report.status === 'best_effort') report.warnings.push(unsaid);
  return report;
}

/** A dry run asks the module at once; a run when it is executed. */
export async function recoverCustom(
  backend: CustomBackend,
  file: string,
  request: RecoveryRequest,
): Promise<RecoveryPlan> {
  const run = (dryRun: boolean) => callRecover(backend, file, request, dryRun);
  const close = () => Promise.resolve();
  if (!request.dryRun && backend.recover) {
    return { report: blankOf(backend, file, request), execute: () => run(false), close };
  }
  const report = await run(request.dryRun);
  return { report, execute: () => Promise.resolve(report), close };
}

async function callRecover(
  backend: CustomBackend,
  file: string,
  request: RecoveryRequest,
  dryRun: boolean,
): Promise<RecoveryReport> {
  const { name } = backend;
  const blank = blankOf(backend, file, request);
  if (!backend.recover) {
    const warning = `the custom backend ${name} offers no recover(): nothing was looked at, and nothing was changed`;
    return { ...blank, status: 'best_effort', warnings: [warning] };
  }
  const { mode, quarantineDir, limit, offline, maxDrop } = request;
  const given = await askModule(backend, file, 'recover', request, (watch) =>
    backend.recover!({ mode, quarantineDir, limit, offline, maxDrop, dryRun, ...watch }),
  );
  if (given === null) {
    const warning = `the custom backend ${name} did not say what it did`;
    return { ...blank, status: dryRun ? 'dry_run' : 'best_effort', warnings: [warning] };
  }
  return recoveryOf(given, { ...blank, status: dryRun ? 'dry_run' : 'recovered' }, limit, file);
}

function blankOf({ name }: CustomBackend, file: string, { mode }: RecoveryRequest): RecoveryReport {
  const store = { backend: name, target: file, startedAt: Date.now() };
  return blankRecovery({ status: 'dry_run', mode }, store);
}
