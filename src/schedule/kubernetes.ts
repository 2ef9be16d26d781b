// Makes the CronJob for Kubernetes.
import { basename } from 'node:path';
import type { ICronJob } from 'kubernetes-models/batch/v1';
import { stringify } from 'yaml';
import { comment, purpose } from './comment.js';
import {
  configMount,
  ENTRYPOINT,
  mountsOf,
  needsOf,
  type Container,
  type Mount,
} from './container.js';
import type { Job, UnitFile } from './job.js';
import { containerArgument, shellWord } from './quote.js';
import { cronFields } from './times.js';

export function kubernetesUnit(job: Job, container: Container): UnitFile[] {
  const mounts = mountsOf(job, container);
  const config = configMount(job, mounts);
  const notes = comment(
    ...purpose(job),
    ...needsOf(job, container),
    ...(config === null ? [] : configNotes(job, config)),
    ...(job.backend === 'redis' ? secretNotes(job) : []),
    ...(job.logs.length === 0 ? [] : VOLUME_NOTES),
    'Then save this and type kubectl apply -f on it. The times are those of the control plane, mostly UTC.',
  );
  const document = stringify(cronJob(job, container, mounts, config), YAML);
  return [{ name: `${job.name}.yaml`, content: `${notes}${document}` }];
}

/** `version: '1.1'` quotes texts that a YAML 1.1 parser would take for something else; long lines are not folded. */
export const YAML = { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false } as const;

const VOLUME_NOTES = [
  'A claim that is ReadWriteOnce binds the job to the node of the runtime: add an affinity to its pods.',
];

const configName = ({ name }: Job) => `${name}-config`;
const secretName = ({ name }: Job) => `${name}-redis`;

/** With Redis the configuration may contain a password, so it goes into a Secret. */
export function configNotes(job: Job, file: string): string[] {
  const kind = job.backend === 'redis' ? 'secret generic' : 'configmap';
  const source = shellWord(`${basename(file)}=${file}`);
  return [
    'The configuration goes there with:',
    `  kubectl create ${kind} ${configName(job)} --from-file=${source}`,
  ];
}

export function secretNotes(job: Job): string[] {
  return [
    'What it does not say, such as PAPYRA_REDIS_URL=redis://user:password@host:6379/0, comes from a file of such lines:',
    `  kubectl create secret generic ${secretName(job)} --from-env-file=FILE`,
  ];
}

function cronJob(
  job: Job,
  { image, owner }: Container,
  mounts: Mount[],
  config: string | null,
): ICronJob {
  const labels = { 'app.kubernetes.io/name': 'papyra', 'app.kubernetes.io/instance': job.name };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: job.name, labels },
    spec: {
      schedule: cronFields(job.times),
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: job.everySeconds / 2,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        spec: {
          backoffLimit: 2,
          podFailurePolicy: { rules: [NO_USE_TRYING_AGAIN] },
          template: {
            metadata: { labels },
            spec: {
              restartPolicy: 'Never',
              automountServiceAccountToken: false,
              securityContext: {
                ...(owner && { runAsUser: owner.uid, runAsGroup: owner.gid }),
                seccompProfile: { type: 'RuntimeDefault' },
              },
              containers: [
                {
                  ...containerOf(job, image),
                  securityContext: CONFINED,
                  resources: RESOURCES,
                  volumeMounts: [
                    ...mounts.map(({ name, path }) => ({ name, mountPath: path })),
                    ...(config === null ? [] : [configVolumeMount(config)]),
                  ],
                },
              ],
              volumes: [
                ...mounts.map(({ name, source }) => ({
                  name,
                  persistentVolumeClaim: { claimName: source },
                })),
                ...(config === null ? [] : [configVolume(job)]),
              ],
            },
          },
        },
      },
    },
  };
}

export function containerOf(job: Job, image: string) {
  return {
    name: 'papyra',
    image,
    command: ENTRYPOINT,
    args: job.args.map(containerArgument),
    ...(job.backend === 'redis' && {
      envFrom: [{ secretRef: { name: secretName(job), optional: true } }],
    }),
  };
}

export const CONFINED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

export const RESOURCES = {
  requests: { cpu: '100m', memory: '128Mi' },
  limits: { memory: '256Mi' },
};

/** Exit codes of failures that a retry cannot cure. All others, such as 75, are tried again up to backoffLimit. */
const NO_USE_TRYING_AGAIN = {
  action: 'FailJob' as const,
  onExitCodes: {
    containerName: 'papyra',
    operator: 'In' as const,
    values: [64, 65, 66, 70, 77, 78],
  },
};

/** Mounts only the file, so that the other files of its directory in the image stay visible. */
export function configVolumeMount(file: string) {
  return { name: 'config', mountPath: file, subPath: basename(file), readOnly: true };
}

export function configVolume(job: Job) {
  return job.backend === 'redis'
    ? { name: 'config', secret: { secretName: configName(job) } }
    : { name: 'config', configMap: { name: configName(job) } };
}
