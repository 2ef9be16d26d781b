// Makes the callbacks by which the phases of a run report their progress and keep to its pace.
import type { Tick } from '../files/read.js';
import { pace } from './pace.js';
import type { Progress, ReadRequest } from '../backends/backend.js';

/** The callback of a phase of `total` bytes; without a name, that of work that shows no progress. */
export type Phases = (phase?: Progress['phase'], total?: number) => Tick;

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
