// Runs `papyra doctor`: examines the stores that the flags name, and shows the reports.
import { doctorText } from '../src/output/doctor.js';
import { settingsOptions, type SettingsFlags } from './config/import-action.js';
import { doctors } from '../src/output/doctors.js';
import type { Context } from './context.js';
import type { GlobalFlags, StoreFlags } from './options.js';
import { onStores } from './stores.js';

export async function doctor(
  flags: GlobalFlags & StoreFlags & SettingsFlags,
  context: Context,
): Promise<void> {
  const { signal } = context;
  // Without one of these flags no code of the application is executed.
  const asked = flags.settingsModule !== undefined || flags.python !== undefined;
  const settings = asked ? { settings: settingsOptions(flags) } : {};
  const one = asked ? { one: 'the settings of a runtime name one store' } : {};
  await onStores(flags, context, {
    run: (system) => system.doctor({ signal, ...settings }),
    finding: ({ status }) => (status === 'failing' ? 'check_failed' : undefined),
    text: doctorText,
    many: doctors,
    ...one,
  });
}
