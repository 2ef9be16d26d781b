// Builds the commands that doctor suggests: they name the same store, and can be pasted into a shell.
import { flagsOf } from '../config/as-flags.js';
import type { Overrides } from '../config/types.js';
import { basename } from 'node:path';
import { shellWord } from '../schedule/quote.js';
import { commandsOnPath } from './on-path.js';

/** The name to type: the one by which this was called, unless the runtime's own command is the one called papyra. */
export function ownName(): string {
  const called = [process.argv[1], process.argv0].map((name) => basename(name ?? ''));
  return called.includes('papyra-ops') || commandsOnPath()[0]?.isOurs === false ? 'papyra-ops' : 'papyra'; // prettier-ignore
}

/** Makes a command for the store of this run: `papyra('persistence compact', '--in-place')`. */
export type CommandLine = (command: string, ...flags: string[]) => string;

/** `call`: how the store was named. Variables of the environment stay in force, so they are left out. */
export function commandLine(call: {
  configFile?: string;
  overrides?: Overrides;
  store?: string;
}): CommandLine {
  const { configFile, overrides = {}, store } = call;
  const config = configFile === undefined ? [] : ['--config', configFile];
  const given = [...(store === undefined ? [] : ['--store', store]), ...flagsOf(overrides, null)];
  // Found when the first command is made: most runs make none.
  let name: string | undefined;
  return (command, ...flags) => {
    name ??= ownName();
    // `given` has pairs of flag and value: a pair whose flag is given anew is left out.
    const others = given.filter((_word, at) => !flags.includes(given[at - (at % 2)]!));
    return typed(name, ...config, ...command.split(' '), ...others, ...flags);
  };
}

/** Quotes the words of a command for a shell. */
export function typed(...words: string[]): string {
  return words.map(shellWord).join(' ');
}

export function edit(file: string): string {
  return `\${EDITOR:-vi} ${shellWord(file)}`;
}
