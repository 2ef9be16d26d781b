// Declares `papyra metrics persistence`.
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions, count } from '../options.js';
import type { MetricsFlags } from './persistence-action.js';

export function addMetricsPersistence(parent: Command, context: Context): void {
  const command = parent
    .command('persistence')
    .summary('show the counters over all compactions of the store')
    .description(
      'Show the counters over all compactions of the store. They live beside the data, so that every run on every host adds to the same numbers. Changes nothing.',
    )
    .option(
      '--history [count]',
      'show the last so many runs, one a line; without a count: 20',
      count('--history'),
    )
    .option('--prometheus', 'print the numbers as a text for Prometheus');
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { metricsPersistence } = await import('./persistence-action.js');
    await metricsPersistence(self.optsWithGlobals<MetricsFlags>(), context);
  });
}
