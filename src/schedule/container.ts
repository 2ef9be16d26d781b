// Computes what a container needs to run the job: entry point, mounts, and notes for the operator.
import { dirname, relative } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { LOW_PRIORITY } from './host.js';
import type { Job } from './job.js';

/** What a cluster needs and the configuration does not say. */
export interface Container {
  /** The image with papyra and what it needs. */
  image: string;
  /** The volume that holds the data: a claim of Kubernetes, a host volume of Nomad. */
  volume: string;
  /** The owner of the log; null: the log is not on this machine. */
  owner: { uid: number; gid: number } | null;
}

/** A directory that must exist in the container. */
export interface Mount {
  name: 'data' | 'link' | 'archive';
  /** The volume that is mounted. */
  source: string;
  path: string;
}

const { nice, ionice } = LOW_PRIORITY;

/** The command in the image; PATH finds the programs. */
export const ENTRYPOINT = ['nice', ...nice, 'ionice', ...ionice, 'papyra'];

/** Each directory once, and at the same path as here, so that the configuration is valid in the container. */
export function mountsOf(job: Job, { volume }: Container): Mount[] {
  const { log, archive } = job;
  const mounts = log === null ? [] : mountsOfLog(log, job, volume);
  if (archive !== null && !mounts.some(({ path }) => isInside(path, archive))) {
    mounts.push({ name: 'archive', source: `${volume}-archive`, path: archive });
  }
  if (mounts.some(({ path }) => path === '/')) {
    const message = `${log ?? ''} is in the root directory, where nothing can be mounted`;
    throw new PapyraError('usage', message, { hint: 'put the log into a directory of its own' });
  }
  return mounts;
}

/** For a log that is a link: its own directory, and that of its target, where the data is. */
function mountsOfLog(log: string, { realLog, isLink }: Job, volume: string): Mount[] {
  const named = dirname(log);
  const real = dirname(realLog ?? log);
  const data = (path: string): Mount => ({ name: 'data', source: volume, path });
  if (!isLink || isInside(named, real)) return [data(named)];
  if (isInside(real, named)) return [data(real)];
  return [data(real), { name: 'link', source: `${volume}-link`, path: named }];
}

/** The configuration file; null: there is none, or a mount contains it. */
export function configMount({ configFile }: Job, mounts: Mount[]): string | null {
  if (configFile === null || mounts.some(({ path }) => isInside(path, configFile))) return null;
  return configFile;
}

function isInside(directory: string, path: string): boolean {
  return !relative(directory, path).startsWith('..');
}

/** What the operator must prepare before a container can run the job. */
export function needsOf(job: Job, container: Container): string[] {
  const { log, realLog, isLink, backend, others } = job;
  return [
    `${container.image} must be the image that papyra's release has as an archive, papyra-VERSION-linux-ARCH.oci.tar. Load it into your registry (skopeo copy) and name it with --image, or load it onto each node (ctr images import, docker load).`,
    ...(log !== null && container.owner === null
      ? [`Let it run as the owner of ${log}, which is not there where this was printed.`]
      : []),
    ...(isLink ? [`${log ?? ''} is a link to ${realLog ?? ''}: it must lead there in the container, too.`] : []), // prettier-ignore
    ...(others.length > 0
      ? [`The configuration names ${others.join(' and ')}: see that they are there, too.`]
      : []),
    ...(log === null && backend !== 'redis'
      ? ['Mount what the backend module needs, and the module itself.']
      : []),
  ];
}
