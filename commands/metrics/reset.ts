// Declares `papyra metrics reset`.
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions, type GlobalFlags, type StoreFlags } from '../options.js';

export function addMetricsReset(parent: Command, context: Context): void {
  const command = parent
    .command('reset')
    .summary('set the counters of the store to zero')
    .description('Set the counters of the store to zero and begin to count anew.');
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { reset } = await import('./reset-action.js');
    await reset(self.optsWithGlobals<GlobalFlags & StoreFlags>(), context);
  });
}
