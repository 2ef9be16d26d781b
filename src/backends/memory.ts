import { blankReport } from '../report/report.js';
import { policyOf } from '../retention/policy.js';
import type { Backend } from './backend.js';

const WHY = "the memory backend keeps its records inside the runtime's own process";

const NOTHING = `nothing to compact: ${WHY}, and its retention alone removes them`;

/** Nothing outside the runtime's process: nothing to compact, nothing to count. */
export function memoryBackend(): Backend {
  return {
    name: 'memory',
    target: null,
    metricsLocation: () => ({ unavailable: WHY }),
    usage: () => Promise.resolve(null),
    check: () => Promise.resolve([NOTHING]),
    // eslint-disable-next-line require-yield
    records: async function* ({ onWarning }) {
      onWarning(`nothing to list: ${WHY}`);
    },
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
