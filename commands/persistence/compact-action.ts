// Runs `papyra persistence compact`: compacts the store that the flags name, and shows the report.
import { constants, setPriority } from 'node:os';
import { PapyraError } from '../../src/errors/errors.js';
import type { CompactionReport, CompactOptions, OddLines } from '../../src/index.js';
import { compactionText } from '../../src/output/compaction.js';
import { progressTo, type ProgressMode } from '../../src/output/progress.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';

export interface CompactFlags extends GlobalFlags, StoreFlags, OddLines {
  dryRun?: boolean;
  simulate?: boolean;
  allowEmpty?: boolean;
  lockWait?: number;
  inPlace?: boolean;
  archive?: string;
  offline?: boolean;
  limitRate?: number;
  ignoreGroup?: string[];
  ignoreGroups?: boolean;
  maxDuration?: number;
  progress: ProgressMode;
  now?: number;
}

export async function compact(flags: CompactFlags, context: Context): Promise<void> {
  if (flags.simulate) {
    const { simulate } = await import('./simulate-action.js');
    return simulate(flags, context);
  }
  if (flags.now !== undefined && !flags.dryRun) {
    throw new PapyraError('usage', '--now can be used with --dry-run only', {
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
    ...(flags.maxDuration === undefined ? {} : { maxDurationMs: flags.maxDuration * 1000 }),
    ignoreGroups: flags.ignoreGroups ? true : (flags.ignoreGroup ?? []),
    ...(flags.now === undefined ? {} : { now: flags.now }),
  };
  const show = (report: CompactionReport): void => {
    output.result(report, (paint) => compactionText(report, paint));
    output.warnings(report.warnings);
  };
  try {
    show(
      await withSystem(flags, output, context.signal, (system) => {
        if (system.store.backend === 'redis') giveWay();
        return system.persistence.compact(options).finally(() => progress.stop());
      }),
    );
  } catch (error) {
    // When only some parts failed, the report of what was done is the result; the first failure follows it.
    if (error instanceof PapyraError && error.report) show(error.report);
    throw error;
  }
}

/** Lowers the priority, or papyra would push a local Redis off its core in the middle of a command. Hooks inherit it. */
function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Some sandboxes forbid it; then the priority stays.
  }
}
