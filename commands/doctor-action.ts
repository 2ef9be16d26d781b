// Runs `papyra doctor`: examines the stores that the flags name, and shows the reports.
import { doctorText } from '../src/output/doctor.js';
import { doctors } from '../src/output/doctors.js';
import type { Context } from './context.js';
import type { GlobalFlags, StoreFlags } from './options.js';
import { onStores } from './stores.js';

export async function doctor(flags: GlobalFlags & StoreFlags, context: Context): Promise<void> {
  const { signal } = context;
  await onStores(flags, context, {
    run: (system) => system.doctor({ signal }),
    finding: ({ status }) => (status === 'failing' ? 'check_failed' : undefined),
    text: doctorText,
    many: doctors,
  });
}
