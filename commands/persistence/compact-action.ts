// Runs `papyra persistence compact`: compacts the store that the flags name, and shows the report.
import { PapyraError } from '../../src/errors/errors.js';
import type { CompactOptions, OddLines } from '../../src/index.js';
import { compactionText } from '../../src/output/compaction.js';
import { compactions } from '../../src/output/compactions.js';
import type { ProgressMode } from '../../src/output/progress.js';
import type { Amount } from '../../src/units/units.js';
import type { Context } from '../context.js';
import { giveWay } from '../give-way.js';
import type { GlobalFlags, StoreFlags } from '../options.js';
import { onStores } from '../stores.js';

export interface CompactFlags extends GlobalFlags, StoreFlags, OddLines {
  dryRun?: boolean;
  free?: number;
  minAge?: number;
  simulate?: boolean;
  allowEmpty?: boolean;
  maxDrop?: number;
  minReclaim?: Amount;
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
  assertAlone(flags);
  const options: CompactOptions = {
    dryRun: flags.dryRun ?? false,
    ...(flags.free === undefined ? {} : { free: flags.free }),
    ...(flags.minAge === undefined ? {} : { minAge: flags.minAge }),
    allowEmpty: flags.allowEmpty ?? false,
    ...(flags.maxDrop === undefined ? {} : { maxDrop: flags.maxDrop }),
    ...(flags.minReclaim === undefined ? {} : { minReclaim: flags.minReclaim }),
    unreadable: flags.unreadable,
    undated: flags.undated,
    signal: context.signal,
    inPlace: flags.inPlace ?? false,
    ...(flags.archive === undefined ? {} : { archive: flags.archive }),
    offline: flags.offline ?? false,
    ...(flags.limitRate === undefined ? {} : { limitRate: flags.limitRate }),
    ignoreGroups: flags.ignoreGroups ? true : (flags.ignoreGroup ?? []),
    ...(flags.now === undefined ? {} : { now: flags.now }),
  };
  await onStores(flags, context, {
    progress: flags.progress,
    ...(flags.free !== undefined && {
      one: '--free names one store: it would free that much of each',
    }),
    lockWait: flags.lockWait,
    maxDuration: flags.maxDuration,
    run: (system, share) => {
      if (system.store.backend === 'redis') giveWay();
      return system.persistence.compact({ ...options, ...share });
    },
    partial: ({ report }) => report,
    text: compactionText,
    warnings: ({ warnings }) => warnings,
    many: compactions,
  });
}

/** A limit that has no effect would be taken for one that has. */
function assertAlone({ free, ...limits }: CompactFlags): void {
  if (free === undefined) return;
  const flags = { '--max-age': limits.maxAge, '--max-records': limits.maxRecords, '--max-total-bytes': limits.maxTotalBytes }; // prettier-ignore
  const [flag] = Object.entries(flags).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  throw new PapyraError(
    'usage',
    `${flag} and --free cannot be used together: --free removes what it needs, whatever the limits say`,
    { hint: `leave out ${flag}; --min-age says what --free must not touch; nothing was done` },
  );
}
