import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions } from '../options.js';
import { showMetrics } from './show.js';

/** `papyra metrics persistence` */
export function addMetricsPersistence(parent: Command, context: Context): void {
  const command = parent
    .command('persistence')
    .summary('show the counters over all compactions of the store')
    .description(
      'Show the counters over all compactions of the store. They live beside the data, so that every run on every host adds to the same numbers. Changes nothing.',
    );
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    await showMetrics(self, context, (system) => system.metrics.read());
  });
}
