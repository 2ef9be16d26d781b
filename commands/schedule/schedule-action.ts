// Runs `papyra schedule`: prints the job that compacts the store which the flags name.
import type { Command } from 'commander';
import { PapyraError } from '../../src/errors/errors.js';
import { asPapyraError } from '../../src/errors/exit-codes.js';
import {
  openStores,
  type ClosedStore,
  type EffectiveConfig,
  type Stores,
  type System,
} from '../../src/index.js';
import { printable } from '../../src/output/text.js';
import {
  chooseInterval,
  growthOf,
  intervalWarnings,
  limitWarnings,
  serviceInterval,
  shortestOf,
  type Growth,
  type Interval,
} from '../../src/schedule/interval.js';
import {
  jobOf,
  jobOfMany,
  logOf,
  type Chosen,
  type Job,
  type Service,
} from '../../src/schedule/job.js';
import { unitsFor, type Schedule, type ScheduleKind } from '../../src/schedule/schedule.js';
import { consoleFor, using, type Context } from '../context.js';
import {
  everyOf,
  interval as parsedInterval,
  openOptions,
  type GlobalFlags,
  type StoreFlags,
} from '../options.js';
import type { ListenAddress } from '../../src/watch/address.js';
import { sayOnce, type Said } from '../say-once.js';
import { serviceOf } from './service.js';
import { elsewhere } from './elsewhere.js';
import { hookWarnings } from './hooks.js';
import { assertOneOwner, findLog, placeOf } from './place.js';

export interface ScheduleFlags extends GlobalFlags, StoreFlags {
  every?: string;
  watch?: boolean;
  minFree?: string;
  listen?: ListenAddress;
  image?: string;
  volume?: string;
}

/** How a job gets the secrets that only the environment of this command has. */
const SECRETS: Record<ScheduleKind, string> = {
  cron: 'cron does not have it; put it into the configuration, or a file that password_file names',
  systemd: 'put it into the file that EnvironmentFile= names',
  kubernetes: 'put it into the Secret that envFrom names',
  nomad: 'put the URL into the variable of Nomad',
};

export async function schedule(
  kind: ScheduleKind,
  command: Command,
  context: Context,
): Promise<void> {
  const flags = command.optsWithGlobals<ScheduleFlags>();
  const output = consoleFor(context, flags);
  const image = `papyra:${command.parent?.parent?.version() ?? ''}`;
  const { store } = flags;
  const { signal } = context;
  const set = await openStores({ ...openOptions(flags), ...(store && { store }), signal });
  const result = await scheduleFor(kind, set, { image, ...flags }, (one, use) =>
    using(() => one.open(), output, use),
  );
  output.result(result, () => result.files.map(({ content }) => content).join('\n'));
  output.warnings(result.warnings);
}

type Use = <T>(store: ClosedStore, use: (system: System) => Promise<T>) => Promise<T>;

async function scheduleFor(
  kind: ScheduleKind,
  set: Stores,
  flags: ScheduleFlags & { image: string },
  open: Use,
): Promise<Schedule> {
  const service = serviceOf(kind, flags);
  const { job, backend, logs, configs, interval, warnings } = set.isOne
    ? await open(set.stores[0]!, (system) => jobOfOne(kind, system, flags, service))
    : await jobOfAll(kind, set, flags, service, open);
  if (kind === 'kubernetes' || kind === 'nomad') assertOneOwner(logs);
  const place = placeOf(logs, flags);
  const words = Object.values(place).flat().map(String);
  const paths = job.logs.flatMap(({ path, realPath }) => [path, realPath]);
  assertPrintable([job.target, ...paths, ...job.archives, ...job.args, ...job.others, ...words]);
  return {
    schema: 'papyra.schedule/v1',
    kind,
    backend,
    target: job.target,
    every_seconds: interval.seconds,
    reason: interval.reason,
    files: await unitsFor(kind, job, place),
    warnings: [
      ...configs.flatMap((config) => elsewhere(kind, config, place)),
      ...warnings,
      ...job.secrets.map((name) => `${name} is in force here, and is not in what was printed: ${SECRETS[kind]}`), // prettier-ignore
    ],
  };
}

/** A job, and what was seen of its stores. */
interface Found {
  job: Job;
  backend: string;
  /** All of them, those that a glob matches, too. */
  logs: string[];
  configs: EffectiveConfig[];
  interval: Interval;
  warnings: string[];
}

async function jobOfOne(
  kind: ScheduleKind,
  system: System,
  flags: ScheduleFlags,
  service: Service | null,
): Promise<Found> {
  const { config, store } = system;
  const interval = await intervalOf(system, flags);
  const log = logOf(config);
  const location = log === null ? null : findLog(log);
  return {
    job: jobOf(config, store.target ?? store.backend, interval, location, service),
    backend: store.backend,
    logs: log === null ? [] : [log],
    configs: [config],
    interval,
    warnings: [...interval.warnings, ...warningsOf(kind, system, interval.seconds)],
  };
}

function warningsOf(kind: ScheduleKind, { config }: System, seconds: number): string[] {
  const { retention } = config;
  return [
    ...limitWarnings(retention),
    ...intervalWarnings(seconds, retention),
    ...hookWarnings(kind, config),
  ];
}

/** One job for many stores. A store that cannot be opened now is in the job all the same. */
async function jobOfAll(
  kind: ScheduleKind,
  { stores: closed, configFile, warnings }: Stores,
  flags: ScheduleFlags,
  service: Service | null,
  open: Use,
): Promise<Found> {
  const said: Said[] = [];
  const stores: Chosen['stores'] = [];
  const backends = new Set<string>();
  const logs: string[] = [];
  const wanted: { label: string; seconds: number; reason: string; asked: boolean }[] = [];
  let failure: PapyraError | undefined;
  for (const store of closed) {
    const { name, label } = store;
    try {
      await open(store, async (system) => {
        const { config } = system;
        const interval = await intervalOf(system, flags);
        const asked = flags.every !== undefined;
        wanted.push({ label, asked, ...interval });
        said.push(...interval.warnings.map((text) => ({ label, text })));
        said.push(...warningsOf(kind, system, interval.seconds).map((text) => ({ label, text })));
        backends.add(system.store.backend);
        const log = logOf(config);
        if (log !== null) logs.push(log);
        const place = log === null ? { realLog: null, isLink: false } : findLog(log);
        stores.push({ name, config, ...place });
      });
    } catch (thrown) {
      const error = await asPapyraError(thrown);
      if (error.code === 'interrupted') throw error;
      failure ??= error;
      said.push({ label, text: `nothing is known of it for this job: ${error.message}` });
    }
  }
  const interval = shortestOf(wanted);
  if (interval === undefined || configFile === null) throw failure ?? noStore(warnings);
  const chosen = { names: [...new Set(flags.store)], configFile, stores };
  return {
    job: jobOfMany(chosen, interval, service),
    backend: [...backends].sort().join(', '),
    logs,
    configs: stores.map(({ config }) => config),
    interval,
    warnings: [...warnings, ...sayOnce(said)],
  };
}

function noStore(warnings: readonly string[]): PapyraError {
  return new PapyraError('usage', `there is no store to compact: ${warnings.join('; ') || 'the configuration has none'}`, {
    hint: 'print this when the logs are there; nothing was done',
  }); // prettier-ignore
}

async function intervalOf({ config, metrics }: System, { every, watch = false }: ScheduleFlags) {
  const backend: string = config.store.backend;
  if (backend === 'memory') {
    throw new PapyraError('usage', 'there is nothing to schedule for the memory backend', {
      hint: 'its records are in the process of the runtime; nothing outside can compact them',
    });
  }
  if (every !== undefined) {
    const seconds = (watch ? everyOf : parsedInterval)('--every')(every);
    return { seconds, reason: 'it was asked for with --every', warnings: [] };
  }
  if (watch) return { ...serviceInterval(backend, config.retention), warnings: [] };
  // The interval for Redis does not depend on growth, so the server need not be up.
  const { growth, warnings } = backend === 'redis' ? UNKNOWN : await growthSeen(metrics);
  return { ...chooseInterval(backend, config.retention, growth), warnings };
}

const UNKNOWN: { growth: Growth | null; warnings: string[] } = { growth: null, warnings: [] };

/** Only the interval depends on the counters, so counters that cannot be read are a warning. */
async function growthSeen(metrics: System['metrics']): Promise<typeof UNKNOWN> {
  try {
    const report = await metrics.read();
    return { growth: growthOf(report.forecast), warnings: report.warnings };
  } catch (error) {
    if (!(error instanceof PapyraError) || !['permission_denied', 'io_error', 'not_found'].includes(error.code)) throw error; // prettier-ignore
    // `elsewhere` has the warning for a store that is not here.
    if (error.code === 'not_found') return UNKNOWN;
    const warning = `how fast the store grows is not known: ${error.message}; run this as the user that the job runs as, or say how often with --every`;
    return { growth: null, warnings: [warning] };
  }
}

/** These words are printed unescaped, into a file or onto a terminal. */
function assertPrintable(words: string[]): void {
  const odd = words.find((word) => printable(word) !== word);
  if (odd === undefined) return;
  throw new PapyraError('usage', `${odd} has a control character in it`, {
    hint: 'no scheduler takes that; rename it, or write the job by hand',
  });
}
