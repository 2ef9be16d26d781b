// Describes a scheduled compaction, from which the files of all schedulers are made.
import { resolve } from 'node:path';
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
  /** The log, or the active file of a rotating set; null: the backend has no files. */
  log: string | null;
  /** The path of the log with links resolved, and whether the log itself is a link. */
  realLog: string | null;
  isLink: boolean;
  /** The directory to which dropped records go first; null: they are not archived. */
  archive: string | null;
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

/** What a service is told beside its store. */
export interface Service {
  /** Flags of `papyra watch`. */
  flags: string[];
  /** The port of /healthz; null: it does not listen. */
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
  const { store, file } = config;
  const log = logOf(config);
  return {
    name: jobName(target),
    backend: store.backend,
    target,
    log,
    ...(found ?? { realLog: log, isLink: false }),
    archive: config.archive ?? null,
    configFile: file,
    others: othersOf(config),
    secrets: store.backend === 'redis' ? secretsOf(config.overrides) : [],
    everySeconds: seconds,
    reason,
    times: timesFor(seconds, seedOf(target)),
    args: [
      ...(file === null ? [] : ['--config', file]),
      ...(service ? ['watch'] : ['--quiet', 'persistence', 'compact']),
      ...(config.label === undefined ? [] : ['--store', config.label]),
      ...flagsOf(config.overrides, config.label === undefined ? log : null),
      ...(service ? service.flags : limitsOf(log, store.backend, seconds)),
    ],
    service,
  };
}

/** A run on files waits for another run. A run on Redis ends before the next one, which continues its work. */
function limitsOf(log: string | null, backend: string, seconds: number): string[] {
  if (log !== null) return ['--lock-wait', durationText(lockWaitFor(seconds))];
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
