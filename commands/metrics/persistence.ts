import type { Command } from 'commander';
import { metricsText } from '../../src/output/metrics.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import { addStoreOptions, type GlobalFlags, type StoreFlags } from '../options.js';

/** `papyra metrics persistence` */
export function addMetricsPersistence(parent: Command, context: Context): void {
  const command = parent
    .command('persistence')
    .summary('show the counters over all compactions of the store')
    .description(
      'Show the counters over all compactions of the store. They live beside the data, so that every run on every host adds to the same numbers. Changes nothing.',
    );
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const flags = self.optsWithGlobals<GlobalFlags & StoreFlags>();
    const output = consoleFor(context, flags);
    const report = await withSystem(flags, output, (system) => system.metrics.read());
    output.result(report, (paint) => metricsText(report, paint));
    output.warnings(report.warnings);
  });
}
