// Writes the man pages: prose from man/prose/, synopsis and options from the command tree itself, so
// that no flag can be documented that does not exist, or the other way round. Run: npm run man
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { buildProgram } from '../commands/program.js';

const DIRECTORY = import.meta.dirname;
const PROSE = join(DIRECTORY, 'prose');

const nowhere = { write: () => true };
const program = buildProgram('', {
  stdout: nowhere,
  stderr: nowhere,
  env: {},
  signal: new AbortController().signal,
  onHangup: () => undefined,
  found: () => undefined,
});

/** Every page, by file name. */
export function manPages(): Map<string, string> {
  const pages = readdirSync(PROSE).filter((name) => /\.\d$/.test(name));
  return new Map(pages.map((name) => [name, fill(name)]));
}

/** Replaces each `@word argument@` line of the prose. */
function fill(name: string): string {
  const prose = readFileSync(join(PROSE, name), 'utf8');
  return withoutOwnReferences(expand(name, prose));
}

/**
 * `Xr` to a page of ours would be the right macro; but mandoc looks such pages up where it stands, and
 * lint complains about each of them anywhere but in this folder.
 */
function withoutOwnReferences(page: string): string {
  return page.replaceAll(/\bXr (papyra[\w-]*) (\d)/g, 'Sy $1 Ns ( $2 )');
}

function expand(name: string, prose: string): string {
  return prose.replaceAll(/^@(\w+) ?([^@\n]*)@\n/gm, (_line, word: string, argument: string) => {
    switch (word) {
      case 'include':
        return expand(argument, readFileSync(join(PROSE, argument), 'utf8'));
      case 'synopsis':
        return synopsis(argument);
      case 'options':
        return optionList(commandAt(argument).options);
      case 'global':
        return optionList(program.options);
      case 'commands':
        return commandList();
      default:
        throw new Error(`${name}: no such directive: ${word}`);
    }
  });
}

function commandAt(path: string): Command {
  return path.split(' ').reduce((parent, name) => {
    const command = parent.commands.find((candidate) => candidate.name() === name);
    if (!command) throw new Error(`no such command: ${path}`);
    return command;
  }, program);
}

function synopsis(path: string): string {
  const command = commandAt(path);
  const options = command.options.map((option) => `.Op ${forms(option).at(-1)!}\n`);
  const operands = command.registeredArguments.map(operand);
  return `.Nm papyra\n.Op Ar global options\n.Cm ${path}\n${[...options, ...operands].join('')}`;
}

/** `Cm bash | zsh`, or `Op Ar file`. */
function operand(argument: Argument): string {
  const words = argument.argChoices?.join(' | ');
  const form = words === undefined ? `Ar ${argument.name()}` : `Cm ${words}`;
  return `.${argument.required ? '' : 'Op '}${form}\n`;
}

function optionList(options: readonly Option[]): string {
  const items = options.map((option) => {
    const choices = option.argChoices ? `: ${option.argChoices.join(', ')}` : '';
    const preset =
      option.defaultValue === undefined ? '' : `; default: ${String(option.defaultValue)}`;
    const words = `${capital(option.description)}${choices}${preset}.`;
    return `.It ${forms(option).join(' , ')}\n${wrap(words)}`;
  });
  return `.Bl -tag -width Ds\n${items.join('')}.El\n`;
}

/** `Fl n` and `Fl -max-age Ar duration`: the ways to write an option. */
function forms(option: Option): string[] {
  const argument = /[<[]([\w-]+)[>\]]/.exec(option.flags)?.[1];
  const value = argument === undefined ? '' : `${option.optional ? ' Op' : ''} Ar ${argument}`;
  return [option.short, option.long]
    .filter((flag) => flag !== undefined)
    .map((flag) => `Fl ${flag.slice(1)}${flag.startsWith('--') ? value : ''}`);
}

function commandList(): string {
  const leaves = (command: Command, path: string[]): [string, Command][] =>
    command.commands.length === 0
      ? [[path.join(' '), command]]
      : command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
  const items = leaves(program, []).map(
    ([path, command]) => `.It Cm ${path}\n${wrap(`${capital(command.summary())}.`)}`,
  );
  return `.Bl -tag -width Ds\n${items.join('')}.El\n`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Lines of at most 78 characters, none of which looks like a request. */
function wrap(text: string): string {
  const lines = [''];
  for (const word of text.replaceAll('\\', '\\e').split(' ')) {
    const line = lines.at(-1)!;
    if (line && line.length + word.length > 77) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map((line) => `${line.replace(/^[.']/, '\\&$&')}\n`).join('');
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, text] of manPages()) writeFileSync(join(DIRECTORY, name), text);
}
