// Runs `papyra persistence compact --dry-run --simulate`: shows what would stay under a handful of limits.
import { PapyraError } from '../../src/errors/errors.js';
import type { SimulateOptions } from '../../src/index.js';
import { progressTo } from '../../src/output/progress.js';
import { simulationText } from '../../src/output/simulation.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import type { CompactFlags } from './compact-action.js';

/** They say how a compaction is done, and a simulation does none. */
const WITHOUT_EFFECT = {
  allowEmpty: '--allow-empty',
  inPlace: '--in-place',
  archive: '--archive',
  offline: '--offline',
  maxDuration: '--max-duration',
  lockWait: '--lock-wait',
} as const;

export async function simulate(flags: CompactFlags, context: Context): Promise<void> {
  if (!flags.dryRun) {
    throw new PapyraError('usage', '--simulate can be used with --dry-run only', {
      hint: 'type papyra persistence compact --dry-run --simulate; nothing was done',
    });
  }
  for (const [key, flag] of Object.entries(WITHOUT_EFFECT)) {
    if (flags[key as keyof typeof WITHOUT_EFFECT] === undefined) continue;
    throw new PapyraError('usage', `${flag} has no effect with --simulate`, {
      hint: 'leave it out; nothing was done',
    });
  }
  const output = consoleFor(context, flags);
  const progress = progressTo(context.stderr, flags.quiet ? 'never' : flags.progress);
  const options: SimulateOptions = {
    unreadable: flags.unreadable,
    undated: flags.undated,
    ignoreGroups: flags.ignoreGroups ? true : (flags.ignoreGroup ?? []),
    signal: context.signal,
    onProgress: (state) => progress.update(state),
    ...(flags.limitRate === undefined ? {} : { limitRate: flags.limitRate }),
    ...(flags.now === undefined ? {} : { now: flags.now }),
  };
  const report = await withSystem(flags, output, context.signal, (system) =>
    system.persistence.simulate(options).finally(() => progress.stop()),
  );
  output.result(report, (paint) => simulationText(report, paint));
  output.warnings(report.warnings);
}
