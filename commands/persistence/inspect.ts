// Declares the command that says what is in a store.
import { Option, type Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions, count } from '../options.js';
import type { InspectFlags } from './inspect-action.js';

/** `papyra persistence inspect` */
export function addInspect(parent: Command, context: Context): void {
  const command = parent
    .command('inspect')
    .summary('say what is in the store, and what fills it')
    .description(
      'Say what is in the store: records by kind, from when to when they are, what would go now and why, its files or streams, and what is around it. Of a large store only a sample is read. Changes nothing.',
    )
    .option('--full', 'read everything: all numbers are exact')
    .addOption(
      new Option('--by <what>', 'also say what fills the store: the largest of these').choices([
        'kind',
        'type',
        'actor',
      ]),
    )
    .addOption(
      new Option('--limit <count>', 'with --by: show so many; default 10').argParser(
        count('--limit'),
      ),
    )
    .option('--show-metrics', 'add the counters over all compactions');
  addStoreOptions(command)
    .addOption(
      new Option('--progress <when>', 'show progress; auto: only on a terminal')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .action(async (_options: unknown, self: Command) => {
      const { inspect } = await import('./inspect-action.js');
      await inspect(self.optsWithGlobals<InspectFlags>(), context);
    });
}
