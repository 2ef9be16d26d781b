// Runs `papyra completion`: prints the script for a shell, made from the command tree.
import type { Command } from 'commander';
import { consoleFor, type Context } from '../context.js';
import type { GlobalFlags } from '../options.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { placesOf, type Place } from './places.js';
import { zshScript } from './zsh.js';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Record<Shell, (places: Place[]) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function completion(shell: Shell, command: Command, context: Context): void {
  const output = consoleFor(context, command.optsWithGlobals<GlobalFlags>());
  const script = SCRIPTS[shell](placesOf(command.parent!));
  output.result({ schema: 'papyra.completion/v1', shell, script }, () => script);
}
