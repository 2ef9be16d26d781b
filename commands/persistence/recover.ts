// Declares `papyra persistence recover`.
import { Option, type Command } from 'commander';
import type { Context } from '../context.js';
import { addReadOptions, addRecoveryOptions, addStoreOptions, share } from '../options.js';
import type { RecoverFlags } from './recover-action.js';

export function addRecover(parent: Command, context: Context): void {
  const command = parent
    .command('recover')
    .summary('remove damaged records')
    .description(
      'Remove exactly what persistence scan names from the store: damaged lines or entries, and truncated ends. What stays keeps its bytes and its order. A last record without its newline gets it. Exit code 3 when anomalies remain.',
    )
    .option('-n, --dry-run', 'only say what would go; change nothing')
    .addOption(
      new Option(
        '--mode <mode>',
        'quarantine keeps a copy of what is removed, and moves orphaned files',
      )
        .choices(['repair', 'quarantine'])
        .default('repair'),
    );
  addRecoveryOptions(addReadOptions(addStoreOptions(command)))
    .option(
      '--max-drop <share>',
      'how much of the bytes may go, such as 25%; default 10%',
      share('--max-drop'),
    )
    .option('--offline', 'assert that nothing is writing to the log')
    .action(async (_options: unknown, self: Command) => {
      const { recover } = await import('./recover-action.js');
      await recover(self.optsWithGlobals<RecoverFlags>(), context);
    });
}
