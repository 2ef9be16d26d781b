// Declares `papyra persistence compact`.
import { Option, type Command } from 'commander';
import type { Context } from '../context.js';
import { addStoreOptions, amount, duration, share, size, time } from '../options.js';
import type { CompactFlags } from './compact-action.js';

function collect(name: string, names: string[] = []): string[] {
  return [...names, name];
}

export function addCompact(parent: Command, context: Context): void {
  const command = parent
    .command('compact')
    .summary('remove expired records for good')
    .description(
      'Remove the records that retention has expired from the store, for good. What stays keeps its bytes and its order; a log in which nothing has expired is not touched.',
    )
    .option('-n, --dry-run', 'only say what would go; change nothing')
    .option('--simulate', 'with --dry-run: what would stay under a handful of other limits');
  addStoreOptions(command)
    .addOption(
      new Option('--unreadable <what>', 'what to do with lines that are not JSON objects')
        .choices(['keep', 'drop', 'fail'])
        .default('keep'),
    )
    .addOption(
      new Option('--undated <what>', 'what to do with records without a numeric timestamp')
        .choices(['keep', 'drop'])
        .default('keep'),
    )
    .option(
      '--free <size>',
      'free so much of the disk from the old end, whatever the retention says: for a disk that is full',
      size('--free'),
    )
    .option(
      '--min-age <duration>',
      'with --free: nothing younger goes; default 1h',
      duration('--min-age'),
    )
    .option('--allow-empty', 'go on even when no record at all would be left')
    .option(
      '--max-drop <share>',
      'refuse to drop more of the records, such as 50%; 100%: never refuse (or PAPYRA_MAX_DROP)',
      share('--max-drop'),
    )
    .option(
      '--min-reclaim <amount>',
      'change nothing when less would be freed, such as 64MB, or 5% of the store (or PAPYRA_MIN_RECLAIM)',
      amount('--min-reclaim'),
    )
    .option(
      '--in-place',
      'remove the expired head of the file without a copy: for a disk that is full',
    )
    .option('--archive <directory>', 'write what is dropped to a compressed file there first')
    .option('--offline', 'assert that nothing is writing to the log')
    .option(
      '--limit-rate <size>',
      'read and write at most so many bytes a second, such as 20MB',
      size('--limit-rate'),
    )
    .addOption(
      new Option('--approx', 'redis: trim whole nodes only, the cheapest').conflicts('exact'),
    )
    .option('--exact', 'redis: trim to the very entry')
    .option(
      '--ignore-group <name>',
      'redis: trim what this consumer group still needs, too; may be given more than once',
      collect,
    )
    .option('--ignore-groups', 'redis: trim whatever consumer groups still need')
    .option(
      '--max-duration <duration>',
      'stop after so long at the next safe point; the next run goes on',
      duration('--max-duration'),
    )
    .option(
      '--lock-wait <duration>',
      'wait so long for another run to finish',
      duration('--lock-wait'),
    )
    .addOption(
      new Option('--progress <when>', 'show progress; auto: only on a terminal')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('--now <time>', 'dry run only: what would go at that time', time('--now'))
    .action(async (_options: unknown, self: Command) => {
      const { compact } = await import('./compact-action.js');
      await compact(self.optsWithGlobals<CompactFlags>(), context);
    });
}
