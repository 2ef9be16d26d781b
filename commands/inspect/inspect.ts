// `papyra inspect events | audits | dead-letters | summary`: the commands and their flags.
import { Option, type Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions, count, moment, text } from '../options.js';
import type { RecordsFlags, SummaryFlags } from './inspect-action.js';

interface Listing {
  name: string;
  kind: 'event' | 'audit' | 'dead_letter';
  /** What the records are called. */
  noun: string;
  summary: string;
  type?: string;
  target?: string;
}

const LISTINGS: Listing[] = [
  {
    name: 'events',
    kind: 'event',
    noun: 'events',
    summary: 'list what happened to actors',
    type: 'only events of this class, such as ActorStarted',
    target: 'only events of this actor, such as local://2',
  },
  {
    name: 'audits',
    kind: 'audit',
    noun: 'audits',
    summary: 'list what the audits of the system counted',
  },
  {
    name: 'dead-letters',
    kind: 'dead_letter',
    noun: 'dead letters',
    summary: 'list messages that could not be delivered',
    type: 'only messages of this type',
    target: 'only messages to this actor, such as local://2',
  },
];

export function addLists(parent: Command, context: Context): void {
  for (const listing of LISTINGS) addListing(parent, listing, context);
  addSummary(parent, context);
}

function addListing(parent: Command, listing: Listing, context: Context): void {
  const { name, kind, noun, summary, type, target } = listing;
  const command = parent
    .command(name)
    .summary(summary)
    .description(
      `List the ${noun} that retention has not hidden, as the runtime would, oldest first. With --json one record a line, its bytes as they are stored. Changes nothing.`,
    )
    .addOption(
      new Option('--limit <count>', 'only the newest so many').argParser(count('--limit')),
    );
  addRange(command, noun);
  if (type !== undefined) {
    command.addOption(new Option('--event-type <name>', type).argParser(text('--event-type')));
  }
  if (target !== undefined) {
    command.addOption(new Option('--target <address>', target).argParser(text('--target')));
  }
  command
    .option('--reverse', 'newest first')
    .addOption(
      new Option(
        '--follow',
        'show the newest 10, or what --limit or --since says, and go on with what comes, until it is stopped',
      ).conflicts(['reverse', 'until']),
    );
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { inspectRecords } = await import('./inspect-action.js');
    await inspectRecords(kind, self.optsWithGlobals<RecordsFlags>(), context);
  });
}

function addSummary(parent: Command, context: Context): void {
  const command = parent
    .command('summary')
    .summary('count the records of each kind, and show the last audit')
    .description(
      'Show what the last audit said, how many records of each kind retention shows, from when to when they are, and the most frequent types. Reads all of them. Changes nothing.',
    )
    .addOption(
      new Option('--limit <count>', 'so many of the most frequent types; default 5').argParser(
        count('--limit'),
      ),
    );
  addRange(command, 'records');
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { inspectSummary } = await import('./inspect-action.js');
    await inspectSummary(self.optsWithGlobals<SummaryFlags>(), context);
  });
}

function addRange(command: Command, noun: string): void {
  command
    .addOption(
      new Option(
        '--since <time>',
        `only ${noun} of this time or later: seconds since 1970, ISO 8601, or how long ago (2h)`,
      ).argParser(moment('--since')),
    )
    .addOption(
      new Option('--until <time>', `only ${noun} of this time or earlier`).argParser(
        moment('--until'),
      ),
    )
    .addOption(
      new Option(
        '--archive <directory>',
        'list what the archives there hold of this store first',
      ).argParser(text('--archive')),
    );
}
