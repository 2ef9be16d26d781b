// Declares `papyra config check`.
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions } from '../options.js';

export function addConfigCheck(parent: Command, context: Context): void {
  const command = parent
    .command('check')
    .summary('check the configuration and open the store')
    .description(
      'Check the configuration, whose it is, and that a compaction could begin: the store can be opened, hooks can be executed, an archive could be written. Changes nothing, and reads no record.',
    );
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { check } = await import('./actions.js');
    await check(self, context);
  });
}
