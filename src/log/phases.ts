import type { Tick } from '../files/read.js';
import { pace } from './pace.js';
import type { Progress, ReadRequest } from '../backends/backend.js';

/** The callback of a phase, for `total` bytes; without a name, of work that shows no progress. */
export type Phases = (phase?: Progress['phase'], total?: number) => Tick;

/** All phases of a run keep to one pace. */
export function phasesOf({ signal, limitRate, onProgress }: ReadRequest): Phases {
  const paced = pace({ signal, limitRate });
  return (phase, total = 0) => {
    if (phase === undefined) return paced();
    let done = 0;
    return paced((bytes) => {
      done += bytes;
      onProgress?.({ phase, done, total });
    });
  };
}
