// Runs `papyra metrics reset`: sets the counters of the store to zero, and shows them.
import { metricsText } from '../../src/output/metrics.js';
import { metricsOfStores } from '../../src/output/metrics-of-stores.js';
import type { Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';
import { showMetrics } from './show.js';

export async function reset(flags: GlobalFlags & StoreFlags, context: Context): Promise<void> {
  await showMetrics(flags, context, (system) => system.metrics.reset(), metricsText, metricsOfStores); // prettier-ignore
}
