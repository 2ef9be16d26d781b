// Shows what doctor found in many stores: each problem once, with the stores that have it.
import type { DoctorCheck, DoctorReport } from '../doctor/report.js';
import { plural } from '../units/units.js';
import { checkText } from './doctor.js';
import type { Paint } from './paint.js';
import { type StoreOutcome, type StoresView } from './stores.js';
import { formatCount, printable } from './text.js';

export const doctors: StoresView<DoctorReport> = {
  schema: 'papyra.doctors/v1',
  headline: (reports, paint) => {
    const failing = reports.filter(({ status }) => status === 'failing').length;
    const checked = `${plural(reports.length, 'store')} checked`;
    return failing === 0
      ? `${paint.green('Fit for production')}: ${checked}`
      : `${paint.red('A check failed')} for ${formatCount(failing)} of ${checked}`;
  },
  columns: ['passed', 'warnings', 'failed'],
  cells: (reports) =>
    (['pass', 'warn', 'fail'] as const).map((wanted) => {
      const checks = reports.flatMap((report) => report.checks);
      return formatCount(checks.filter(({ status }) => status === wanted).length);
    }),
  word: ({ status }, paint) =>
    status === 'failing' ? paint.red(status) : status === 'warnings' ? paint.yellow(status) : paint.dim(status), // prettier-ignore
  rank: ({ status }) => ['healthy', 'warnings', 'failing'].indexOf(status),
  details: (outcomes, paint) =>
    (['fail', 'warn'] as const).flatMap((status) => problems(outcomes, status, paint)),
};

function problems(
  outcomes: readonly StoreOutcome<DoctorReport>[],
  wanted: DoctorCheck['status'],
  paint: Paint,
): string[] {
  const found = new Map<string, { check: DoctorCheck; stores: string[] }>();
  for (const { store, report } of outcomes) {
    for (const check of report?.checks ?? []) {
      if (check.status !== wanted) continue;
      const key = `${check.name} ${check.reason}`;
      const problem = found.get(key) ?? { check, stores: [] };
      problem.stores.push(store);
      found.set(key, problem);
    }
  }
  return [...found.values()].map(({ check, stores }) => {
    const [first, ...others] = stores;
    const more = others.length > 0 ? ` and ${formatCount(others.length)} more` : '';
    return `${paint.bold(printable(first!))}${more}\n${checkText(check, paint)}`;
  });
}
