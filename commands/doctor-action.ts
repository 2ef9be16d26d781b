// Runs `papyra doctor`: examines the store that the flags name, and shows the report.
import { doctorText } from '../src/output/doctor.js';
import { settingsOptions, type SettingsFlags } from './config/import-action.js';
import { consoleFor, consoleForResult, withSystem, type Context } from './context.js';
import type { GlobalFlags, StoreFlags } from './options.js';

export async function doctor(
  flags: GlobalFlags & StoreFlags & SettingsFlags,
  context: Context,
): Promise<void> {
  const { signal, found } = context;
  // Without one of these flags no code of the application is executed.
  const asked = flags.settingsModule !== undefined || flags.python !== undefined;
  const settings = asked ? { settings: settingsOptions(flags) } : {};
  const output = consoleFor(context, flags);
  const report = await withSystem(flags, output, signal, (system) =>
    system.doctor({ signal, ...settings }),
  );
  const isFailing = report.status === 'failing';
  if (isFailing) found('check_failed');
  const shown = consoleForResult(context, flags, !isFailing);
  shown.result(report, (paint) => doctorText(report, paint));
}
