// Makes the patch that puts the service into the pods of the runtime, for Kubernetes.
import { stringify } from 'yaml';
import { comment, purpose } from './comment.js';
import { configMount, mountsOf, needsOf, type Container } from './container.js';
import type { Job, Service, UnitFile } from './job.js';
import {
  configNotes,
  configVolume,
  configVolumeMount,
  CONFINED,
  containerOf,
  RESOURCES,
  secretNotes,
  YAML,
} from './kubernetes.js';

/** A container that is stuck for ten minutes is started again; one of which a store fails is not, for that cures nothing. */
const PROBE = { periodSeconds: 60, timeoutSeconds: 5, failureThreshold: 10 };

/** The volumes with the data are those of the pod, under their names there. */
export function kubernetesSidecar(job: Job, service: Service, container: Container): UnitFile {
  const mounts = mountsOf(job, container);
  const config = configMount(job, mounts);
  const { image, owner, volume } = container;
  const notes = comment(
    ...purpose(job),
    ...needsOf(job, container),
    ...(config === null ? [] : configNotes(job, config)),
    ...(job.backend === 'redis' ? secretNotes(job) : []),
    ...(mounts.length === 0 ? [] : [`The pod must have ${mounts.length === 1 ? 'a volume' : 'volumes'} of the name ${mounts.map(({ source }) => source).join(' and ')}; --volume ${volume} says so.`]), // prettier-ignore
    'A container like this, which starts before those of the runtime and ends after them, needs Kubernetes 1.29. Save this, and add it to the pods of the runtime:',
    `  kubectl patch deployment RUNTIME --patch-file ${job.name}.yaml`,
  );
  const patch = {
    spec: {
      template: {
        spec: {
          initContainers: [
            {
              ...containerOf(job, image),
              restartPolicy: 'Always',
              ...(service.port !== null && {
                ports: [{ name: 'papyra', containerPort: service.port }],
                livenessProbe: { httpGet: { path: '/livez', port: 'papyra' }, ...PROBE },
              }),
              securityContext: {
                ...(owner && { runAsUser: owner.uid, runAsGroup: owner.gid }),
                ...CONFINED,
                seccompProfile: { type: 'RuntimeDefault' },
              },
              resources: RESOURCES,
              volumeMounts: [
                ...mounts.map(({ source, path }) => ({ name: source, mountPath: path })),
                ...(config === null ? [] : [{ ...configVolumeMount(config), name: 'papyra-config' }]), // prettier-ignore
              ],
            },
          ],
          ...(config !== null && { volumes: [{ ...configVolume(job), name: 'papyra-config' }] }),
        },
      },
    },
  };
  return { name: `${job.name}.yaml`, content: `${notes}${stringify(patch, YAML)}` };
}
