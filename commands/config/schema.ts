// Declares `papyra config schema`.
import type { Command } from 'commander';
import type { Context } from '../context.js';

export function addConfigSchema(parent: Command, context: Context): void {
  parent
    .command('schema')
    .summary('print the JSON Schema of a configuration')
    .description(
      'Print the JSON Schema of a configuration, with which an editor completes and checks one. Needs no configuration.',
    )
    .action(async (_options: unknown, self: Command) => {
      const { schema } = await import('./actions.js');
      await schema(self, context);
    });
}
