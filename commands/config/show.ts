// Declares `papyra config show`.
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions } from '../options.js';

export function addConfigShow(parent: Command, context: Context): void {
  const command = parent
    .command('show')
    .summary('show the configuration in force')
    .description(
      'Show the configuration in force, and where each value came from: a flag, the environment, the file or a default. Passwords and the arguments of hooks are hidden. Looks at nothing of the store.',
    );
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { show } = await import('./actions.js');
    await show(self, context);
  });
}
