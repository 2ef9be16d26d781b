// Inspects the stores that the flags name, and shows what was found.
import { PapyraError } from '../../src/errors/errors.js';
import type { InspectOptions } from '../../src/index.js';
import { inspectionText } from '../../src/output/inspect.js';
import { inspections } from '../../src/output/inspections.js';
import { metricsText } from '../../src/output/metrics.js';
import type { ProgressMode } from '../../src/output/progress.js';
import type { Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';
import { onStores } from '../stores.js';

export interface InspectFlags extends GlobalFlags, StoreFlags {
  full?: boolean;
  by?: 'kind' | 'type' | 'actor';
  limit?: number;
  showMetrics?: boolean;
  progress: ProgressMode;
}

export async function inspect(flags: InspectFlags, context: Context): Promise<void> {
  if (flags.limit !== undefined && flags.by === undefined) {
    throw new PapyraError('usage', '--limit goes with --by only', {
      hint: 'add --by kind, --by type or --by actor',
    });
  }
  const options: InspectOptions = {
    full: flags.full ?? false,
    ...(flags.by === undefined ? {} : { by: flags.by }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    showMetrics: flags.showMetrics ?? false,
    signal: context.signal,
  };
  await onStores(flags, context, {
    progress: flags.progress,
    run: (system, { onProgress }) => system.persistence.inspect({ ...options, onProgress }),
    text: (found, paint) => {
      const text = inspectionText(found, paint);
      return found.metrics ? `${text}\n${metricsText(found.metrics, paint)}` : text;
    },
    warnings: ({ warnings }) => warnings,
    many: inspections,
  });
}
