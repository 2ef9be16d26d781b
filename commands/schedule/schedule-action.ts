// Runs `papyra schedule`: prints the job that compacts the store which the flags name.
import type { Command } from 'commander';
import { PapyraError } from '../../src/errors/errors.js';
import type { System } from '../../src/index.js';
import { printable } from '../../src/output/text.js';
import {
  chooseInterval,
  growthOf,
  intervalWarnings,
  limitWarnings,
  serviceInterval,
  type Growth,
} from '../../src/schedule/interval.js';
import { jobOf, logOf } from '../../src/schedule/job.js';
import { unitsFor, type Schedule, type ScheduleKind } from '../../src/schedule/schedule.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import {
  everyOf,
  interval as parsedInterval,
  type GlobalFlags,
  type StoreFlags,
} from '../options.js';
import type { ListenAddress } from '../../src/watch/address.js';
import { serviceOf } from './service.js';
import { elsewhere } from './elsewhere.js';
import { hookWarnings } from './hooks.js';
import { findLog, placeOf } from './place.js';

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
  const result = await withSystem(flags, output, context.signal, (system) =>
    scheduleFor(kind, system, { image, ...flags }),
  );
  output.result(result, () => result.files.map(({ content }) => content).join('\n'));
  output.warnings(result.warnings);
}

async function scheduleFor(
  kind: ScheduleKind,
  system: System,
  flags: ScheduleFlags & { image: string },
): Promise<Schedule> {
  const { config, store } = system;
  const interval = await intervalOf(system, flags);
  const log = logOf(config);
  const location = log === null ? null : findLog(log);
  const service = serviceOf(kind, flags);
  const job = jobOf(config, store.target ?? store.backend, interval, location, service);
  const place = placeOf(job, flags);
  const words = Object.values(place).flat().map(String);
  assertPrintable([job.target, job.realLog ?? '', ...job.args, ...job.others, ...words]);
  return {
    schema: 'papyra.schedule/v1',
    kind,
    backend: store.backend,
    target: job.target,
    every_seconds: interval.seconds,
    reason: interval.reason,
    files: await unitsFor(kind, job, place),
    warnings: [
      ...elsewhere(kind, config, place),
      ...interval.warnings,
      ...limitWarnings(config.retention),
      ...intervalWarnings(interval.seconds, config.retention),
      ...hookWarnings(kind, config),
      ...job.secrets.map((name) => `${name} is in force here, and is not in what was printed: ${SECRETS[kind]}`), // prettier-ignore
    ],
  };
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
