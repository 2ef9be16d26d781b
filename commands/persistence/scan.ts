// Declares `papyra persistence scan`.
import { type Command } from 'commander';
import type { Context } from '../context.js';
import { addReadOptions, addStoreOptions } from '../options.js';
import type { ScanFlags } from './scan-action.js';

export function addScan(parent: Command, context: Context): void {
  const command = parent
    .command('scan')
    .summary('find damaged records and stray files')
    .description(
      'Read all of the store and say what is wrong with it: damaged lines or entries, truncated ends, files that do not belong there. Changes nothing; exit code 2 when there are anomalies.',
    );
  addReadOptions(addStoreOptions(command)).action(async (_options: unknown, self: Command) => {
    const { scan } = await import('./scan-action.js');
    await scan(self.optsWithGlobals<ScanFlags>(), context);
  });
}
