// Runs `papyra metrics persistence`: shows counters as a table, with the last runs, or for Prometheus.
import { PapyraError } from '../../src/errors/errors.js';
import { prometheusText, type StoreMetrics, type System } from '../../src/index.js';
import { historyText } from '../../src/output/history.js';
import { metricsText } from '../../src/output/metrics.js';
import { historiesOfStores, metricsOfStores } from '../../src/output/metrics-of-stores.js'; // prettier-ignore
import type { StoresView } from '../../src/output/stores.js';
import type { Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';
import { showMetrics } from './show.js';

/** How many runs `--history` shows without a count. */
const RUNS = 20;

export interface MetricsFlags extends GlobalFlags, StoreFlags {
  history?: number | true;
  prometheus?: boolean;
}

export async function metricsPersistence(flags: MetricsFlags, context: Context): Promise<void> {
  const { json, prometheus, history } = flags;
  if (prometheus && (json || history !== undefined)) {
    const other = json ? '--json' : '--history';
    throw new PapyraError('usage', `--prometheus and ${other} are two forms of one result`, {
      hint: 'leave one of the two out',
    });
  }
  const runs = history === true ? RUNS : history;
  const get = runs === undefined ? {} : { history: runs };
  if (prometheus) {
    return showMetrics(flags, context, labelled, (report) => prometheusText(report), prometheusOfStores); // prettier-ignore
  }
  const [text, many] = runs === undefined ? [metricsText, metricsOfStores] : [historyText, historiesOfStores]; // prettier-ignore
  await showMetrics(flags, context, (system) => system.metrics.read(get), text, many);
}

/** One text, in which a label tells the stores apart. */
const prometheusOfStores: StoresView<StoreMetrics> = {
  ...metricsOfStores,
  whole: (outcomes) => prometheusText(outcomes.flatMap(({ report }) => report ?? [])),
};

/** One of `stores` has the label in the text, also where it is shown alone. */
async function labelled({ config: { label }, metrics }: System): Promise<StoreMetrics> {
  const report = await metrics.read();
  // The last report of a compaction may be long, and is not for Prometheus.
  return { ...report, last_compaction: null, ...(label !== undefined && { store: label }) };
}
