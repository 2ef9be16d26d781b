// Lists what may follow at each place of the command line, for the completion scripts.
import type { Argument, Command, Option } from 'commander';

/** A value of an option, or an operand. */
export type Value = { kind: 'file' | 'directory' | 'text' } | { kind: 'choice'; words: string[] };

export interface Flag {
  short: string | undefined;
  long: string;
  about: string;
  /** null: it takes none. */
  value: Value | null;
}

/** A place on the command line, and the commands, flags and operands that may follow there. */
export interface Place {
  /** The words before it, such as `['persistence', 'compact']`; empty: only the program's name. */
  path: string[];
  commands: { name: string; about: string }[];
  /** The flags of the command itself; `globalFlags` go with every command. */
  flags: Flag[];
  globalFlags: Flag[];
  operand: Value | null;
}

/** All places of a command tree, the root first. */
export function placesOf(program: Command): Place[] {
  const places = below(program, [], true);
  // After the word help, the words of any command may follow.
  const asHelp = below(program, ['help'], false).filter(({ path }) => path[1] !== 'help');
  return [...places.filter(({ path }) => path[0] !== 'help'), ...asHelp];
}

function below(command: Command, path: string[], withFlags: boolean): Place[] {
  const help = command.createHelp();
  const children = command.commands.filter((child) => withFlags || child.name() !== 'help');
  const argument = command.registeredArguments[0];
  const all = help.visibleGlobalOptions(command);
  // Those of a parent that is a command itself, such as doctor: only the program's own go with every command.
  const inherited = all.filter((option) => !rootOf(command).options.includes(option));
  const own = [...help.visibleOptions(command), ...inherited];
  return [
    {
      path,
      commands: children.map((child) => ({ name: child.name(), about: child.summary() || child.description() })), // prettier-ignore
      flags: withFlags ? own.map(flagOf) : [],
      globalFlags: withFlags ? all.filter((option) => !inherited.includes(option)).map(flagOf) : [],
      operand: withFlags && argument ? valueOf(argument) : null,
    },
    ...children.flatMap((child) => below(child, [...path, child.name()], withFlags)),
  ];
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

function flagOf(option: Option): Flag {
  const { short, long, description } = option;
  return {
    short,
    long: long!,
    about: description,
    value: option.required || option.optional ? valueOf(option) : null,
  };
}

/** The placeholder names the kind: `<file>`, `<directory>`; any other is a text. */
function valueOf(described: Option | Argument): Value {
  if (described.argChoices) return { kind: 'choice', words: [...described.argChoices] };
  const placeholder =
    'flags' in described ? /[<[](\w+)/.exec(described.flags)?.[1] : described.name();
  return { kind: placeholder === 'file' || placeholder === 'directory' ? placeholder : 'text' };
}

/** The flags that have a value, each once: a name means the same in all places. */
export function valuedFlags(places: Place[]): (Flag & { value: Value })[] {
  const all = places.flatMap(({ flags }) => flags).filter((flag) => flag.value !== null);
  return [...new Map(all.map((flag) => [flag.long, flag])).values()] as (Flag & { value: Value })[];
}

/** Puts a text in single quotes, for bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
