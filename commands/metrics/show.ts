// Gets the metrics of the stores that the flags name, and shows them.
import type { MetricsReport, System } from '../../src/index.js';
import type { Paint } from '../../src/output/paint.js';
import type { StoresView } from '../../src/output/stores.js';
import type { Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';
import { onStores } from '../stores.js';

export async function showMetrics<R extends MetricsReport>(
  flags: GlobalFlags & StoreFlags,
  context: Context,
  get: (system: System) => Promise<R>,
  text: (report: R, paint: Paint) => string,
  many: StoresView<R>,
): Promise<void> {
  await onStores(flags, context, {
    run: get,
    text,
    warnings: ({ warnings }) => warnings,
    many,
  });
}
