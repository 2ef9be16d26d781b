// Declares `papyra config init`.
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions } from '../options.js';

export function addConfigInit(parent: Command, context: Context): void {
  const command = parent
    .command('init')
    .argument('[file]', 'write it there; a file that is there is not overwritten')
    .summary('print a configuration to start from')
    .description(
      'Print a configuration to start from: YAML with comments, or JSON for --json or a file that ends with .json. What the flags say is filled in. Needs no configuration, and heeds none.',
    );
  addStoreOptions(command);
  // This command ignores the environment: what is set there may not belong into a file.
  for (const option of command.options) {
    option.description = option.description.replace(/ \(or PAPYRA_\w+\)$/, '');
  }
  command.action(async (file: string | undefined, _options: unknown, self: Command) => {
    const { init } = await import('./actions.js');
    await init(file, self, context);
  });
}
