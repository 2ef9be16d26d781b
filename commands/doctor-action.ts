import { doctorText } from '../src/output/doctor.js';
import { consoleFor, withSystem, type Context } from './context.js';
import type { GlobalFlags, StoreFlags } from './options.js';

/** Looks at the store that the flags name, and shows what there is to say about it. */
export async function doctor(flags: GlobalFlags & StoreFlags, context: Context): Promise<void> {
  const { signal, found } = context;
  const output = consoleFor(context, flags);
  const report = await withSystem(flags, output, context.signal, (system) =>
    system.doctor({ signal }),
  );
  const isFailing = report.status === 'failing';
  if (isFailing) found('check_failed');
  // Quiet is for success.
  const shown = isFailing ? consoleFor(context, { ...flags, quiet: false }) : output;
  shown.result(report, (paint) => doctorText(report, paint));
}
