// Makes the files of the chosen scheduler.
import type { Container } from './container.js';
import { cronUnit } from './cron.js';
import type { Host } from './host.js';
import type { Job, UnitFile } from './job.js';
import { nomadUnit } from './nomad.js';
import { systemdService, systemdUnits } from './systemd.js';

export type ScheduleKind = 'cron' | 'systemd' | 'kubernetes' | 'nomad';

/** What `papyra schedule` makes, and the document of its `--json`. */
export interface Schedule {
  schema: 'papyra.schedule/v1';
  kind: ScheduleKind;
  backend: string;
  target: string;
  every_seconds: number;
  /** The reason for this interval. */
  reason: string;
  /** To be saved under these names. */
  files: UnitFile[];
  warnings: string[];
}

/** Kubernetes needs the library `yaml`, so its file is loaded only when it is used. */
export async function unitsFor(
  kind: ScheduleKind,
  job: Job,
  place: Host & Container,
): Promise<UnitFile[]> {
  switch (kind) {
    case 'cron':
      return cronUnit(job, place);
    case 'systemd':
      return job.service ? [systemdService(job, place)] : systemdUnits(job, place);
    case 'kubernetes': {
      if (job.service) {
        const { kubernetesSidecar } = await import('./sidecar.js');
        return [kubernetesSidecar(job, job.service, place)];
      }
      const { kubernetesUnit } = await import('./kubernetes.js');
      return kubernetesUnit(job, place);
    }
    case 'nomad':
      return nomadUnit(job, place);
  }
}
