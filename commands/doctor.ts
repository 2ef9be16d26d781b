// Declares `papyra doctor`.
import { type Command } from 'commander';
import { addSettingsOptions } from './config/import.js';
import type { Context } from './context.js';
import { addStartupCheck } from './persistence/startup-check.js';
import { addStoreOptions, type GlobalFlags, type StoreFlags } from './options.js';

export function addDoctor(parent: Command, context: Context): void {
  const command = parent
    .command('doctor')
    .summary('check whether the store is fit for production')
    .description(
      'Check whether the store is fit for production: retention, past runs, the log or the servers, and what is around them. Says for each check why, and what to type next. Changes nothing; exit code 1 when a check fails.',
    );
  addSettingsOptions(command);
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { doctor } = await import('./doctor-action.js');
    await doctor(self.optsWithGlobals<GlobalFlags & StoreFlags>(), context);
  });
  addStartupCheck(command, 'run', context);
}
