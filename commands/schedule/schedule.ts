// Declares the commands `papyra schedule`, one for each scheduler.
import type { Command } from 'commander';
import type { ScheduleKind } from '../../src/schedule/schedule.js';
import type { Context } from '../context.js';
import { addStoreOptions, listenOn, text } from '../options.js';

const KINDS: Record<ScheduleKind, { makes: string; inContainer: boolean; service?: string }> = {
  cron: { makes: 'a line for a crontab', inContainer: false },
  systemd: {
    makes: 'a service and a timer of systemd',
    inContainer: false,
    service: 'a service that runs all the time, papyra watch, in place of a timer',
  },
  kubernetes: {
    makes: 'a CronJob of Kubernetes',
    inContainer: true,
    service: 'a sidecar that runs all the time, papyra watch, in place of a CronJob',
  },
  nomad: { makes: 'a periodic job of Nomad', inContainer: true },
};

export function addSchedule(parent: Command, context: Context): void {
  for (const [kind, { makes, inContainer, service }] of Object.entries(KINDS)) {
    const command = parent
      .command(kind)
      .summary(`print ${makes} to compact the store`)
      .description(
        `Print ${makes} to compact the configured store, or the one that the flags name; of many stores one for all of them. It prints, and installs nothing.`,
      )
      .option(
        '--every <interval>',
        'how often: hourly, daily, weekly, or such as 15m or 6h; left out: what retention and traffic ask for',
        text('--every'),
      );
    if (service !== undefined) addServiceOptions(command, service);
    if (inContainer) addContainerOptions(command);
    addStoreOptions(command).action(async (_options: unknown, self: Command) => {
      const { schedule } = await import('./schedule-action.js');
      await schedule(kind as ScheduleKind, self, context);
    });
  }
}

function addServiceOptions(command: Command, service: string): void {
  command
    .option('--watch', `print ${service}`)
    .option(
      '--min-free <amount>',
      'with --watch: compact at once when less than this is free: 2GB, 10%',
      text('--min-free'),
    )
    .option(
      '--listen <address>',
      'with --watch: serve /metrics, /healthz and /livez on this port, or address and port',
      listenOn('--listen'),
    );
}

function addContainerOptions(command: Command): void {
  command
    .option(
      '--image <name>',
      'the image to run; default: papyra, with the version as its tag, as the image of the release is named',
      text('--image'),
    )
    .option(
      '--volume <name>',
      'the volume that holds the data; default: papyra-data',
      text('--volume'),
    );
}
