import { Option, type Command } from 'commander';
import { PapyraError, type CompactOptions, type OddLines } from '../../src/index.js';
import { compactionText } from '../../src/output/compaction.js';
import { progressTo, type ProgressMode } from '../../src/output/progress.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import {
  addStoreOptions,
  duration,
  size,
  time,
  type GlobalFlags,
  type StoreFlags,
} from '../options.js';

interface CompactFlags extends GlobalFlags, StoreFlags, OddLines {
  dryRun?: boolean;
  allowEmpty?: boolean;
  lockWait?: number;
  inPlace?: boolean;
  archive?: string;
  offline?: boolean;
  limitRate?: number;
  progress: ProgressMode;
  now?: number;
}

/** `papyra persistence compact` */
export function addCompact(parent: Command, context: Context): void {
  const command = parent
    .command('compact')
    .summary('remove expired records for good')
    .description(
      'Remove the records that retention has expired from the store, for good. What stays keeps its bytes and its order; a log in which nothing has expired is not touched.',
    )
    .option('-n, --dry-run', 'only say what would go; change nothing');
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
    .option('--allow-empty', 'go on even when no record at all would be left')
    .option(
      '--in-place',
      'remove the expired head of the file without a copy: for a disk that is full',
    )
    .option('--archive <directory>', 'write what is dropped to a gzip file there first')
    .option('--offline', 'assert that nothing is writing to the log')
    .addOption(
      new Option(
        '--limit-rate <size>',
        'read and write at most so many bytes a second, such as 20MB',
      ).argParser(size('--limit-rate')),
    )
    .addOption(
      new Option('--lock-wait <duration>', 'wait so long for another run to finish').argParser(
        duration('--lock-wait'),
      ),
    )
    .addOption(
      new Option('--progress <when>', 'show progress; auto: only on a terminal')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .addOption(
      new Option('--now <time>', 'dry run only: what would go at that time').argParser(
        time('--now'),
      ),
    )
    .action(async (_options: unknown, self: Command) => {
      await compact(self.optsWithGlobals<CompactFlags>(), context);
    });
}

async function compact(flags: CompactFlags, context: Context): Promise<void> {
  if (flags.now !== undefined && !flags.dryRun) {
    throw new PapyraError('usage', '--now goes with --dry-run only', {
      hint: 'a real compaction decides by the clock; nothing was done',
    });
  }
  const output = consoleFor(context, flags);
  const progress = progressTo(context.stderr, flags.quiet ? 'never' : flags.progress);
  const options: CompactOptions = {
    dryRun: flags.dryRun ?? false,
    allowEmpty: flags.allowEmpty ?? false,
    unreadable: flags.unreadable,
    undated: flags.undated,
    lockWaitMs: (flags.lockWait ?? 0) * 1000,
    signal: context.signal,
    onProgress: (state) => progress.update(state),
    inPlace: flags.inPlace ?? false,
    ...(flags.archive === undefined ? {} : { archive: flags.archive }),
    offline: flags.offline ?? false,
    ...(flags.limitRate === undefined ? {} : { limitRate: flags.limitRate }),
    ...(flags.now === undefined ? {} : { now: flags.now }),
  };
  const report = await withSystem(flags, output, (system) =>
    system.persistence.compact(options).finally(() => progress.stop()),
  );
  output.result(report, (paint) => compactionText(report, paint));
  output.warnings(report.warnings);
}
