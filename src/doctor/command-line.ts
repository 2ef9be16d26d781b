import { flagsOf } from '../config/as-flags.js';
import type { Overrides } from '../config/types.js';
import { shellWord } from '../schedule/quote.js';

/** Makes a command for the store that is looked at: `papyra('persistence compact', '--in-place')`. */
export type CommandLine = (command: string, ...flags: string[]) => string;

/** `call`: how the store was named. What the environment says stays in force. */
export function commandLine(call: { configFile?: string; overrides?: Overrides }): CommandLine {
  const { configFile, overrides = {} } = call;
  const config = configFile === undefined ? [] : ['--config', configFile];
  const given = flagsOf(overrides, null);
  return (command, ...flags) => {
    // In pairs of flag and value: one that is given anew goes.
    const others = given.filter((_word, at) => !flags.includes(given[at - (at % 2)]!));
    return typed('papyra', ...config, ...command.split(' '), ...others, ...flags);
  };
}

/** A command as one types it into a shell. */
export function typed(...words: string[]): string {
  return words.map(shellWord).join(' ');
}

export function edit(file: string): string {
  return `\${EDITOR:-vi} ${shellWord(file)}`;
}
