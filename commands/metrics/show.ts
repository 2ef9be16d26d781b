// Gets the metrics of the store that the flags name, and shows them.
import type { MetricsReport, System } from '../../src/index.js';
import type { Paint } from '../../src/output/paint.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';

export async function showMetrics(
  flags: GlobalFlags & StoreFlags,
  context: Context,
  get: (system: System) => Promise<MetricsReport>,
  text: (report: MetricsReport, paint: Paint) => string,
): Promise<void> {
  const output = consoleFor(context, flags);
  const report = await withSystem(flags, output, context.signal, get);
  output.result(report, (paint) => text(report, paint));
  output.warnings(report.warnings);
}
