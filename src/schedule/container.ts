// Computes what a container needs to run the job: entry point, mounts, and notes for the operator.
import { dirname, relative } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { LOW_PRIORITY } from './host.js';
import type { Job, LogPlace } from './job.js';

/** What a cluster needs and the configuration does not say. */
export interface Container {
  /** The image with papyra and what it needs. */
  image: string;
  /** The volume that holds the data: a claim of Kubernetes, a host volume of Nomad. */
  volume: string;
  /** The owner of the logs; null: they are not on this machine. */
  owner: { uid: number; gid: number } | null;
}

/** A directory that must exist in the container. */
export interface Mount {
  /** `data`, `link`, `archive`; where there are several of one of them, with a number. */
  name: string;
  /** The volume that is mounted. */
  source: string;
  path: string;
}

const { nice, ionice } = LOW_PRIORITY;

/** The command in the image; PATH finds the programs. */
export const ENTRYPOINT = ['nice', ...nice, 'ionice', ...ionice, 'papyra'];

/** Each directory once, and at the same path as here, so that the configuration is valid in the container. */
export function mountsOf({ logs, archives }: Job, { volume }: Container): Mount[] {
  const data = outermost(logs.flatMap((log) => mountsOfLog(log, volume)));
  const archived = outermost(
    archives.map((path) => ({ name: 'archive', source: `${volume}-archive`, path })),
  ).filter((archive) => !data.some(({ path }) => isInside(path, archive.path)));
  const mounts = numbered([...data, ...archived]);
  if (mounts.some(({ path }) => path === '/')) {
    const at = logs.find(({ path }) => dirname(path) === '/' || path === '/')?.path ?? '';
    const message = `${at} is in the root directory, where nothing can be mounted`;
    throw new PapyraError('usage', message, { hint: 'put the log into a directory of its own' });
  }
  return mounts;
}

/** Without those that another one contains; of the same ones the first. */
function outermost(mounts: Mount[]): Mount[] {
  return mounts.filter((mount, at) =>
    mounts.every((other, index) => {
      if (other.path === mount.path) return index >= at;
      return !isInside(other.path, mount.path);
    }),
  );
}

/** Names differ in a pod, and so do the volumes of archives that are not in one directory. */
function numbered(mounts: Mount[]): Mount[] {
  const seen = new Map<string, number>();
  const times = (word: string): string => {
    const count = (seen.get(word) ?? 0) + 1;
    seen.set(word, count);
    return count === 1 ? word : `${word}-${count}`;
  };
  return mounts.map(({ name, source, path }) => ({
    name: times(name),
    source: times(source),
    path,
  }));
}

/** For a log that is a link: its own directory, and that of its target, where the data is. */
function mountsOfLog({ store, path, realPath, isLink, isGlob }: LogPlace, volume: string): Mount[] {
  const source = store === null ? volume : `${volume}-${store}`;
  const data = (at: string): Mount => ({ name: 'data', source, path: at });
  if (isGlob) return [data(path)];
  const named = dirname(path);
  const real = dirname(realPath);
  if (!isLink || isInside(named, real)) return [data(named)];
  if (isInside(real, named)) return [data(real)];
  return [data(real), { name: 'link', source: `${source}-link`, path: named }];
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
  const { logs, backend, others } = job;
  const names = logs.map(({ path }) => path).join(' and ');
  const links = logs.filter(({ isLink }) => isLink);
  return [
    `${container.image} must be the image that papyra's release has as an archive, papyra-VERSION-linux-ARCH.oci.tar. Load it into your registry (skopeo copy) and name it with --image, or load it onto each node (ctr images import, docker load).`,
    ...(logs.length > 0 && container.owner === null
      ? [`Let it run as the owner of ${names}, which is not there where this was printed.`]
      : []),
    ...links.map(({ path, realPath }) => `${path} is a link to ${realPath}: it must lead there in the container, too.`), // prettier-ignore
    ...(others.length > 0
      ? [`The configuration names ${others.join(' and ')}: see that they are there, too.`]
      : []),
    ...(logs.length === 0 && backend !== 'redis'
      ? ['Mount what the backend module needs, and the module itself.']
      : []),
  ];
}
