// The backend of records that exist only in the process of the runtime: there is nothing to compact or to count.
import { blankRecovery, blankScan } from '../report/blank.js';
import { blankInspection } from '../report/inspection.js';
import { blankReport } from '../report/report.js';
import { policyOf } from '../retention/policy.js';
import type { Backend } from './backend.js';

const WHY = "the memory backend keeps its records inside the runtime's own process";

const STORE = { backend: 'memory', target: null };

const NOTHING = `nothing to compact: ${WHY}, and its retention alone removes them`;

const NOTHING_TO_SCAN = `nothing to scan or recover: ${WHY}`;

export function memoryBackend(): Backend {
  return {
    name: 'memory',
    target: null,
    metricsLocation: () => ({ unavailable: WHY }),
    usage: () => Promise.resolve(null),
    check: () => Promise.resolve([NOTHING]),
    inspect: () => Promise.resolve(blankInspection('no_op', [`nothing to inspect: ${WHY}`])),
    // eslint-disable-next-line require-yield
    records: async function* ({ onWarning }) {
      onWarning(`nothing to list: ${WHY}`);
    },
    plan: ({ rules }) => {
      const report = blankReport({
        status: 'no_op',
        ...STORE,
        policy: policyOf(rules),
        startedAt: Date.now(),
      });
      report.warnings.push(NOTHING);
      return Promise.resolve({
        report,
        execute: () => Promise.resolve(report),
        close: () => Promise.resolve(),
      });
    },
    scan: () => {
      const report = blankScan('no_op', { ...STORE, startedAt: Date.now() });
      report.warnings.push(NOTHING_TO_SCAN);
      return Promise.resolve(report);
    },
    recover: ({ mode }) => {
      const report = blankRecovery({ status: 'no_op', mode }, { ...STORE, startedAt: Date.now() });
      report.warnings.push(NOTHING_TO_SCAN);
      return Promise.resolve({
        report,
        execute: () => Promise.resolve(report),
        close: () => Promise.resolve(),
      });
    },
  };
}
