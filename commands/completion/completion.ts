// Declares `papyra completion`.
import { Argument, type Command } from 'commander';
import type { Context } from '../context.js';
import type { Shell } from './completion-action.js';

export function addCompletion(parent: Command, context: Context): void {
  parent
    .command('completion')
    .summary('print a script that lets a shell complete commands and options')
    .description(
      'Print a script that lets a shell complete commands, options, choices and files. It prints, and installs nothing.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: Shell, _options: unknown, self: Command) => {
      const { completion } = await import('./completion-action.js');
      completion(shell, self, context);
    });
}
