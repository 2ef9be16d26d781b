import type { Command } from 'commander';
import type { MetricsReport, System } from '../../src/index.js';
import { metricsText } from '../../src/output/metrics.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';

/** Gets the counters of the store that the flags of `command` name, and shows them. */
export async function showMetrics(
  command: Command,
  context: Context,
  get: (system: System) => Promise<MetricsReport>,
): Promise<void> {
  const flags = command.optsWithGlobals<GlobalFlags & StoreFlags>();
  const output = consoleFor(context, flags);
  const report = await withSystem(flags, output, get);
  output.result(report, (paint) => metricsText(report, paint));
  output.warnings(report.warnings);
}
