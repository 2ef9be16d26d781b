// Describes a scheduled compaction, from which the files of all schedulers are made.
import { basename, dirname, extname, resolve } from 'node:path';
import { flagsOf } from '../config/as-flags.js';
import { ENVIRONMENT } from '../config/environment.js';
import type { EffectiveConfig, Overrides } from '../config/types.js';
import { durationText } from '../units/units.js';
import { jobName, seedOf } from './name.js';
import { timesFor, type Times } from './times.js';
import { lockWaitFor } from './timing.js';

/** Paths are absolute. */
export interface Job {
  /** The name of units and jobs: `papyra-app-events`. */
  name: string;
  backend: string;
  /** The name of the store for the operator, without credentials. */
  target: string;
  /** Where the logs are; none: the backend has no files. */
  logs: LogPlace[];
  /** The directories to which dropped records go first; none: they are not archived. */
  archives: string[];
  /** null: there is no configuration file, only flags. */
  configFile: string | null;
  /** Other files that the configuration names: the text for Prometheus, hooks, passwords, certificates. */
  others: string[];
  /** Variables in force that have no flag because their value is secret. */
  secrets: string[];
  everySeconds: number;
  /** The reason for this interval. */
  reason: string;
  times: Times;
  /** The arguments of papyra. */
  args: string[];
  /** `papyra watch`, which runs all the time; null: a command that is started each time. */
  service: Service | null;
}

/** Where a log is, or where the logs are that a glob matches. */
export interface LogPlace {
  /** The name among `stores`; null: there is no other. */
  store: string | null;
  /** The log, or the active file of a rotating set; of a glob, the directory in which its matches are. */
  path: string;
  /** The same with links resolved. */
  realPath: string;
  /** The log itself is a link. */
  isLink: boolean;
  isGlob: boolean;
}

/** What a service is told beside its store. */
export interface Service {
  /** Flags of `papyra watch`. */
  flags: string[];
  /** The port of /livez; null: it does not listen. */
  port: number | null;
}

/** A file for a scheduler, to be saved under this name. */
export interface UnitFile {
  name: string;
  content: string;
}

/** The path of the log in the configuration; null: the backend has no files. */
export function logOf({ store }: EffectiveConfig): string | null {
  return 'path' in store ? store.path : null;
}

/** `target`: the name of the store for the operator; `found`: where its log is. */
export function jobOf(
  config: EffectiveConfig,
  target: string,
  { seconds, reason }: { seconds: number; reason: string },
  found: { realLog: string; isLink: boolean } | null = null,
  service: Service | null = null,
): Job {
  const { store, file, overrides } = config;
  const log = logOf(config);
  const { realLog, isLink } = found ?? { realLog: log, isLink: false };
  const logs = log === null ? [] : [{ store: null, path: log, realPath: realLog ?? log, isLink, isGlob: false }]; // prettier-ignore
  return {
    name: jobName(target),
    backend: store.backend,
    target,
    logs,
    archives: config.archive === undefined ? [] : [config.archive],
    configFile: file,
    others: othersOf(config),
    secrets: store.backend === 'redis' ? secretsOf(overrides) : [],
    everySeconds: seconds,
    reason,
    times: timesFor(seconds, seedOf(target)),
    args: [
      ...(file === null ? [] : ['--config', file]),
      ...(service ? ['watch'] : ['--quiet', 'persistence', 'compact']),
      ...(config.label === undefined ? [] : ['--store', config.label]),
      ...flagsOf(overrides, config.label === undefined ? log : null),
      ...(service ? service.flags : limitsOf(log !== null, store.backend, seconds)),
    ],
    service,
  };
}

/** The stores for which there is one job. */
export interface Chosen {
  /** Those that were asked for by `--store`; none: all, those that come later, too. */
  names: readonly string[];
  configFile: string;
  /** At least one. */
  stores: { name: string; config: EffectiveConfig; realLog: string | null; isLink: boolean }[];
}

/** One job for many stores. With one of Redis among them, the configuration is kept as secret as for Redis. */
export function jobOfMany(
  { names, configFile, stores }: Chosen,
  { seconds, reason }: { seconds: number; reason: string },
  service: Service | null = null,
): Job {
  const configs = stores.map(({ config }) => config);
  const isRedis = configs.some(({ store }) => store.backend === 'redis');
  const { overrides } = configs[0]!;
  const logs = stores.flatMap(placeIn);
  const words = names.length === 0 ? ['stores', basename(dirname(configFile)), basename(configFile, extname(configFile))] : names; // prettier-ignore
  return {
    name: jobName(words.join('-')),
    backend: isRedis ? 'redis' : configs[0]!.store.backend,
    target: `${names.length === 0 ? 'all stores' : `the stores ${names.join(', ')}`} of ${configFile}`,
    logs: [...new Map(logs.map((place) => [`${place.isGlob} ${place.path}`, place])).values()],
    archives: unique(configs.flatMap(({ archive }) => archive ?? [])),
    configFile,
    others: unique(configs.flatMap(othersOf)),
    secrets: isRedis ? secretsOf(overrides) : [],
    everySeconds: seconds,
    reason,
    times: timesFor(seconds, seedOf([configFile, ...names].join(' '))),
    args: [
      ...['--config', configFile],
      ...(service ? ['watch'] : ['--quiet', 'persistence', 'compact']),
      ...names.flatMap((name) => ['--store', name]),
      ...flagsOf(overrides, null),
      ...(service ? service.flags : limitsOf(logs.length > 0, isRedis ? 'redis' : '', seconds)),
    ],
    service,
  };
}

function placeIn({ name, config, realLog, isLink }: Chosen['stores'][number]): LogPlace[] {
  const path = logOf(config);
  if (path === null) return [];
  const { within } = config;
  if (within !== undefined) return [{ store: name, path: within, realPath: within, isLink: false, isGlob: true }]; // prettier-ignore
  return [{ store: name, path, realPath: realLog ?? path, isLink, isGlob: false }];
}

function unique(words: string[]): string[] {
  return [...new Set(words)];
}

/** A run on files waits for another run. A run on Redis ends before the next one, which continues its work. */
function limitsOf(hasLog: boolean, backend: string, seconds: number): string[] {
  if (hasLog) return ['--lock-wait', durationText(lockWaitFor(seconds))];
  return backend === 'redis' ? ['--max-duration', durationText((seconds * 3) / 4)] : [];
}

function othersOf({ store, metrics, hooks }: EffectiveConfig): string[] {
  const programs = Object.values(hooks?.commands ?? {}).map(([program]: string[]) => program!);
  const own = programs.filter((program) => program.includes('/'));
  const files = [metrics.textfile, ...own.map((program) => resolve(hooks!.directory, program))];
  if (store.backend === 'redis') {
    const { server, password, tls } = store;
    const secrets = [password, server.kind === 'sentinel' ? server.password : undefined];
    files.push(...secrets.map((secret) => (typeof secret === 'object' ? secret.file : undefined)));
    files.push(tls?.ca, tls?.cert, tls?.key);
  }
  return files.filter((file) => file !== undefined);
}

function secretsOf(overrides: Overrides): string[] {
  const secret = Object.entries(ENVIRONMENT).filter(([, variable]) => !('flag' in variable));
  return secret.filter(([, { key }]) => overrides[key] !== undefined).map(([name]) => name);
}
