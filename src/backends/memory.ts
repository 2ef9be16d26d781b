// The backend of records that exist only in the process of the runtime: there is nothing to compact or to count.
import { blankInspection } from '../report/inspection.js';
import { blankReport } from '../report/report.js';
import { policyOf } from '../retention/policy.js';
import type { Backend } from './backend.js';

const WHY = "the memory backend keeps its records inside the runtime's own process";

const NOTHING = `nothing to compact: ${WHY}, and its retention alone removes them`;

export function memoryBackend(): Backend {
  return {
    name: 'memory',
    target: null,
    metricsLocation: () => ({ unavailable: WHY }),
    usage: () => Promise.resolve(null),
    check: () => Promise.resolve([NOTHING]),
    inspect: () => Promise.resolve(blankInspection('no_op', [`nothing to inspect: ${WHY}`])),
    plan: ({ rules }) => {
      const report = blankReport({
        status: 'no_op',
        backend: 'memory',
        target: null,
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
  };
}
