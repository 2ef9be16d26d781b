import type { Command } from 'commander';
import { metricsText } from '../../src/output/metrics.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import { addStoreOptions, type GlobalFlags, type StoreFlags } from '../options.js';

/** `papyra metrics reset` */
export function addMetricsReset(parent: Command, context: Context): void {
  const command = parent
    .command('reset')
    .summary('set the counters of the store to zero')
    .description('Set the counters of the store to zero and begin to count anew.');
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const flags = self.optsWithGlobals<GlobalFlags & StoreFlags>();
    const output = consoleFor(context, flags);
    const report = await withSystem(flags, output, (system) => system.metrics.reset());
    output.result(report, (paint) => metricsText(report, paint));
    output.warnings(report.warnings);
  });
}
