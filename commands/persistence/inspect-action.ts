// Inspects the store that the flags name, and shows what was found.
import { PapyraError } from '../../src/errors/errors.js';
import type { InspectOptions } from '../../src/index.js';
import { inspectionText } from '../../src/output/inspect.js';
import { metricsText } from '../../src/output/metrics.js';
import { progressTo, type ProgressMode } from '../../src/output/progress.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';

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
  const output = consoleFor(context, flags);
  const progress = progressTo(context.stderr, flags.quiet ? 'never' : flags.progress);
  const options: InspectOptions = {
    full: flags.full ?? false,
    ...(flags.by === undefined ? {} : { by: flags.by }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    showMetrics: flags.showMetrics ?? false,
    signal: context.signal,
    onProgress: (state) => progress.update(state),
  };
  const found = await withSystem(flags, output, context.signal, (system) =>
    system.persistence.inspect(options).finally(() => progress.stop()),
  );
  output.result(found, (paint) => {
    const text = inspectionText(found, paint);
    return found.metrics ? `${text}\n${metricsText(found.metrics, paint)}` : text;
  });
  output.warnings(found.warnings);
}
