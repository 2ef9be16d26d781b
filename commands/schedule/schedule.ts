// Declares the commands `papyra schedule`, one for each scheduler.
import type { Command } from 'commander';
import type { ScheduleKind } from '../../src/schedule/schedule.js';
import type { Context } from '../context.js';
import { addStoreOptions, interval, text } from '../options.js';

const KINDS: Record<ScheduleKind, { makes: string; inContainer: boolean }> = {
  cron: { makes: 'a line for a crontab', inContainer: false },
  systemd: { makes: 'a service and a timer of systemd', inContainer: false },
  kubernetes: { makes: 'a CronJob of Kubernetes', inContainer: true },
  nomad: { makes: 'a periodic job of Nomad', inContainer: true },
};

export function addSchedule(parent: Command, context: Context): void {
  for (const [kind, { makes, inContainer }] of Object.entries(KINDS)) {
    const command = parent
      .command(kind)
      .summary(`print ${makes} to compact the store`)
      .description(
        `Print ${makes} to compact the configured store, or the one that the flags name. It prints, and installs nothing.`,
      )
      .option(
        '--every <interval>',
        'how often: hourly, daily, weekly, or such as 15m or 6h; left out: what retention and traffic ask for',
        interval('--every'),
      );
    if (inContainer) addContainerOptions(command);
    addStoreOptions(command).action(async (_options: unknown, self: Command) => {
      const { schedule } = await import('./schedule-action.js');
      await schedule(kind as ScheduleKind, self, context);
    });
  }
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
