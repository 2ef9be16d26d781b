import type { Container } from './container.js';
import { cronUnit } from './cron.js';
import type { Host } from './host.js';
import type { Job, UnitFile } from './job.js';
import { nomadUnit } from './nomad.js';
import { systemdUnits } from './systemd.js';

export type ScheduleKind = 'cron' | 'systemd' | 'kubernetes' | 'nomad';

/** What `papyra schedule` makes, and the document of its `--json`. */
export interface Schedule {
  schema: 'papyra.schedule/v1';
  kind: ScheduleKind;
  backend: string;
  target: string;
  every_seconds: number;
  /** Why that often. */
  reason: string;
  /** To be saved under these names. */
  files: UnitFile[];
  warnings: string[];
}

/** Makes the files of a scheduler. Those of Kubernetes need a library, which only they load. */
export async function unitsFor(
  kind: ScheduleKind,
  job: Job,
  place: Host & Container,
): Promise<UnitFile[]> {
  switch (kind) {
    case 'cron':
      return cronUnit(job, place);
    case 'systemd':
      return systemdUnits(job, place);
    case 'kubernetes': {
      const { kubernetesUnit } = await import('./kubernetes.js');
      return kubernetesUnit(job, place);
    }
    case 'nomad':
      return nomadUnit(job, place);
  }
}
