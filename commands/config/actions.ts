// Runs the commands `papyra config`: show, check, schema and init.
import { extname, resolve } from 'node:path';
import type { Command } from 'commander';
import { PapyraError } from '../../src/errors/errors.js';
import { configSchema, showConfig, starterConfig } from '../../src/index.js';
import { checks } from '../../src/output/checks.js';
import { checkText, configText } from '../../src/output/config.js';
import { writeNewFile } from '../../src/output/new-file.js';
import { printable, printableJson } from '../../src/output/text.js';
import { consoleFor, type Context } from '../context.js';
import { openOptions, type GlobalFlags, type StoreFlags } from '../options.js';
import { onStores } from '../stores.js';

type Flags = GlobalFlags & StoreFlags;

export async function show(command: Command, context: Context): Promise<void> {
  const flags = command.optsWithGlobals<Flags>();
  const report = await showConfig({
    ...openOptions(flags),
    ...(flags.store && { store: flags.store }),
  });
  consoleFor(context, flags).result(report, (paint) => configText(report, paint));
}

export async function check(command: Command, context: Context): Promise<void> {
  const flags = command.optsWithGlobals<Flags>();
  const output = consoleFor(context, flags);
  try {
    await onStores(flags, context, {
      run: (system) => system.check(),
      text: checkText,
      warnings: ({ warnings }) => warnings,
      many: checks,
    });
  } catch (error) {
    // Other commands show the first problem only. Whoever runs `config check` wants to mend all of them.
    const all = error instanceof PapyraError ? [error, ...error.others] : [error];
    const last = all.pop();
    for (const each of all) output.failure(each as PapyraError);
    throw last;
  }
}

export async function schema(command: Command, context: Context): Promise<void> {
  const flags = command.optsWithGlobals<GlobalFlags>();
  consoleFor(context, flags).verbatim(`${printableJson(await configSchema(), 2)}\n`);
}

/** Where the search for logs begins. undefined: nowhere; all of the machine is nobody's project. */
function here(): string | undefined {
  try {
    const directory = process.cwd();
    return directory === '/' ? undefined : directory;
  } catch {
    return undefined;
  }
}

/** The forms of a starter, by the extension of the file. */
const FORMS: Record<string, 'yaml' | 'json'> = { '.yaml': 'yaml', '.yml': 'yaml', '.json': 'json' };

export async function init(
  file: string | undefined,
  command: Command,
  context: Context,
): Promise<void> {
  const flags = command.optsWithGlobals<Flags>();
  const output = consoleFor(context, flags);
  const { overrides } = openOptions(flags);
  if (file === undefined) {
    output.verbatim(await starterConfig(overrides, flags.json ? 'json' : 'yaml', here()));
    return;
  }
  const form = file.endsWith('.papyrarc') ? 'yaml' : FORMS[extname(file)];
  if (form === undefined) {
    throw new PapyraError('usage', `${file}: a starter is written in YAML or JSON`, {
      hint: 'let the name end with .yaml, .yml or .json; nothing was written',
    });
  }
  const path = resolve(file);
  writeNewFile(path, await starterConfig(overrides, form, here()));
  const written = { schema: 'papyra.written/v1', file: path };
  output.result(written, () => `Wrote ${printable(path)}\n`);
}
