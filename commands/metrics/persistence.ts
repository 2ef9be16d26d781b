import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions } from '../options.js';

/** `papyra metrics persistence` */
export function addMetricsPersistence(parent: Command, context: Context): void {
  const command = parent
    .command('persistence')
    .summary('show the counters over all compactions of the store')
    .description(
      'Show the counters over all compactions of the store. They live beside the data, so that every run on every host adds to the same numbers. Changes nothing.',
    );
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { showMetrics } = await import('./show.js');
    await showMetrics(self, context, (system) => system.metrics.read());
  });
}
