// `papyra archive list | verify | restore | prune`: the commands and their flags.
import { Option, type Command } from 'commander';
import type { Context } from '../context.js';
import { duration, moment, names, text } from '../options.js';
import type { ArchiveFlags, PruneFlags, RestoreFlags } from './archive-action.js';

export function addArchive(parent: Command, context: Context): void {
  addList(parent, context);
  addVerify(parent, context);
  addRestore(parent, context);
  addPrune(parent, context);
}

function addList(parent: Command, context: Context): void {
  const command = parent
    .command('list')
    .summary('list archives')
    .description(
      'List the archives of the store, or all in the directory, with what their manifests say. Reads no archive and changes nothing.',
    );
  addPlaces(command, true).action(async (_options: unknown, self: Command) => {
    const { list } = await import('./archive-action.js');
    await list(self.optsWithGlobals<ArchiveFlags>(), context);
  });
}

function addVerify(parent: Command, context: Context): void {
  const command = parent
    .command('verify')
    .summary('check that archives are there and whole')
    .description(
      'Read all archives of the store, or all in the directory, and say which is damaged or missing: SHA-256, compression, records, times. Changes nothing.',
    );
  addPlaces(command, true).action(async (_options: unknown, self: Command) => {
    const { verify } = await import('./archive-action.js');
    await verify(self.optsWithGlobals<ArchiveFlags>(), context);
  });
}

function addRestore(parent: Command, context: Context): void {
  const command = parent
    .command('restore')
    .summary('write archived records to a file')
    .description(
      'Write the records in the archives of the store back as NDJSON: in order, byte for byte, and once what a run that was killed left in two archives. Overwrites nothing.',
    )
    .addOption(
      new Option('--to <file>', 'the file to make; - is stdout')
        .argParser(text('--to'))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--since <time>',
        'only records of this time or later: seconds since 1970, ISO 8601, or how long ago (2h)',
      ).argParser(moment('--since')),
    )
    .addOption(
      new Option('--until <time>', 'only records of this time or earlier').argParser(
        moment('--until'),
      ),
    )
    .addOption(
      new Option('--kind <kind>', 'only records of this kind').choices([
        'events',
        'audits',
        'dead-letters',
      ]),
    )
    .option('--skip-damaged', 'restore the others when an archive is damaged or missing');
  addPlaces(command, false).action(async (_options: unknown, self: Command) => {
    const { restore } = await import('./archive-action.js');
    await restore(self.optsWithGlobals<RestoreFlags>(), context);
  });
}

function addPrune(parent: Command, context: Context): void {
  const command = parent
    .command('prune')
    .summary('remove old archives')
    .description(
      'Remove the archives of the store whose newest record is older than a duration, the oldest first, for good. No other command removes archives.',
    )
    .addOption(
      new Option('--max-age <duration>', 'archives whose newest record is older go: 90d, 52w')
        .argParser(duration('--max-age'))
        .makeOptionMandatory(),
    )
    .option('--dry-run', 'only say what would go');
  addPlaces(command, true).action(async (_options: unknown, self: Command) => {
    const { prune } = await import('./archive-action.js');
    await prune(self.optsWithGlobals<PruneFlags>(), context);
  });
}

function addPlaces(command: Command, several: boolean): Command {
  command
    .option(
      '--archive <directory>',
      'the directory with the archives, in place of the configured one',
      text('--archive'),
    )
    .option(
      '--of <store>',
      'the archives of this store: its name or its id, as archive list shows them',
      text('--of'),
    );
  if (several) command.option('--all', 'the archives of all stores in the directory');
  return command
    .option(
      '--store <name>',
      `of the stores of the configuration this one${several ? '; may be given more than once; default: all' : ''}`,
      names('--store'),
    )
    .option(
      '--path <file>',
      'the archives of this log, in place of the configured store (or PAPYRA_PATH)',
      text('--path'),
    )
    .addOption(
      new Option('--backend <name>', 'the backend (or PAPYRA_BACKEND)')
        .choices(['json', 'rotating', 'redis'])
        .argParser(text('--backend')),
    )
    .option(
      '--timeout <duration>',
      'redis: how long a connection or an answer may take; default 5s (or PAPYRA_TIMEOUT)',
      duration('--timeout'),
    );
}
