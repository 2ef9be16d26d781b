// Runs `papyra doctor`: examines the store that the flags name, and shows the report.
import { doctorText } from '../src/output/doctor.js';
import { consoleFor, consoleForResult, withSystem, type Context } from './context.js';
import type { GlobalFlags, StoreFlags } from './options.js';

export async function doctor(flags: GlobalFlags & StoreFlags, context: Context): Promise<void> {
  const { signal, found } = context;
  const output = consoleFor(context, flags);
  const report = await withSystem(flags, output, signal, (system) => system.doctor({ signal }));
  const isFailing = report.status === 'failing';
  if (isFailing) found('check_failed');
  const shown = consoleForResult(context, flags, !isFailing);
  shown.result(report, (paint) => doctorText(report, paint));
}
