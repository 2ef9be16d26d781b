// Declares `papyra persistence startup-check`, and `papyra doctor run`, which does the same.
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Context } from '../context.js';
import { addReadOptions, addRecoveryOptions, addStoreOptions } from '../options.js';
import type { StartupFlags } from './startup-check-action.js';

export function addStartupCheck(parent: Command, name: string, context: Context): void {
  // Below doctor, the options of the store are those of doctor.
  const hasStore = parent.options.some(({ long }) => long === '--path');
  const command = parent
    .command(name)
    .summary('decide whether the runtime may start on the store')
    .description(
      'Scan the store before the runtime starts, as an init container does: prints one line. Exit code 1 when there are anomalies and the mode is fail_on_anomaly, 2 when anomalies remain after a recovery.',
    )
    .addOption(
      new Option('--mode <mode>', 'what to do about anomalies')
        .choices(['ignore', 'fail_on_anomaly', 'recover'])
        .argParser(lowerCase(['ignore', 'fail_on_anomaly', 'recover']))
        .default('fail_on_anomaly'),
    )
    .addOption(
      new Option(
        '--recovery-mode <mode>',
        'with --mode recover: quarantine keeps a copy of what is removed',
      )
        .choices(['repair', 'quarantine'])
        .argParser(lowerCase(['repair', 'quarantine']))
        .default('repair'),
    );
  addRecoveryOptions(addReadOptions(hasStore ? command : addStoreOptions(command))).action(
    async (_options: unknown, self: Command) => {
      const { startupCheck } = await import('./startup-check-action.js');
      await startupCheck(self.optsWithGlobals<StartupFlags>(), context);
    },
  );
}

/** The runtime takes its modes in any case. */
function lowerCase(choices: string[]): (text: string) => string {
  return (text) => {
    const word = text.toLowerCase();
    if (choices.includes(word)) return word;
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`);
  };
}
