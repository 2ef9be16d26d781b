// Runs `papyra metrics persistence`: shows counters as a table, with the last runs, or for Prometheus.
import { PapyraError } from '../../src/errors/errors.js';
import { prometheusText, type MetricsReport } from '../../src/index.js';
import { historyText } from '../../src/output/history.js';
import { metricsText } from '../../src/output/metrics.js';
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
  const table = runs === undefined ? metricsText : historyText;
  const text = prometheus ? (report: MetricsReport) => prometheusText(report) : table;
  await showMetrics(flags, context, (system) => system.metrics.read(get), text);
}
