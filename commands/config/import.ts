// Declares `papyra config import`.
import { Option, type Command } from 'commander';
import type { Context } from '../context.js';
import { duration, text } from '../options.js';

export function addConfigImport(parent: Command, context: Context): void {
  const command = parent
    .command('import')
    .summary("print the configuration that the runtime's settings amount to")
    .description(
      "Ask the runtime's settings, and print the configuration that says the same. This executes the settings with Python, as the user who runs papyra. Writes nothing.",
    );
  addSettingsOptions(command)
    .option(
      '--check',
      'print no configuration, but compare the one in force with the settings; exit code 1 when they differ',
    )
    .option(
      '--store <name>',
      'compare this store of the configuration; default: the one that is where the settings say',
      text('--store'),
    )
    .addOption(
      new Option('--format <form>', 'how it is written; default: yaml, with --json: json').choices([
        'yaml',
        'json',
        'toml',
      ]),
    )
    .option(
      '--timeout <duration>',
      'end the code of the settings when it takes longer; default 10s',
      duration('--timeout'),
    )
    .action(async (_options: unknown, self: Command) => {
      const { importConfig } = await import('./import-action.js');
      await importConfig(self, context);
    });
}

/** The flags that name the runtime's settings. */
export function addSettingsOptions(command: Command): Command {
  return command
    .option(
      '--settings-module <class>',
      'the class of the settings, such as shop.settings.Production (or PAPYRA_SETTINGS_MODULE)',
      text('--settings-module'),
    )
    .option(
      '--python <file>',
      'the Python of the application; default: that of VIRTUAL_ENV, else python3',
      text('--python'),
    );
}
