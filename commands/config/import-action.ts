// Runs `papyra config import`: prints what the runtime's settings amount to, or what differs from them.
import type { Command } from 'commander';
import { compareSettings, importSettings, type SettingsOptions } from '../../src/index.js';
import { driftText } from '../../src/output/drift.js';
import { consoleFor, consoleForResult, type Context } from '../context.js';
import { openOptions, type GlobalFlags } from '../options.js';

export interface SettingsFlags {
  settingsModule?: string;
  python?: string;
}

interface Flags extends GlobalFlags, SettingsFlags {
  check?: boolean;
  format?: 'yaml' | 'json' | 'toml';
  timeout?: number;
  store?: string;
}

export function settingsOptions({ settingsModule, python }: SettingsFlags): SettingsOptions {
  return {
    ...(settingsModule === undefined ? {} : { settingsModule }),
    ...(python === undefined ? {} : { python }),
  };
}

export async function importConfig(command: Command, context: Context): Promise<void> {
  const { timeout, store, ...flags } = command.optsWithGlobals<Flags>();
  const { signal, found } = context;
  const how = {
    ...settingsOptions(flags),
    ...(timeout === undefined ? {} : { settingsTimeoutMs: timeout * 1000 }),
    signal,
  };
  if (flags.check) {
    const named = store === undefined ? {} : { store };
    const report = await compareSettings({ ...how, ...openOptions(flags), ...named });
    const isSame = report.status === 'same';
    if (!isSame) found('check_failed');
    const output = consoleForResult(context, flags, isSame);
    output.result(report, (paint) => driftText(report, paint));
    output.warnings(report.notes);
    return;
  }
  const output = consoleFor(context, flags);
  const { text, notes } = await importSettings({
    ...how,
    form: flags.format ?? (flags.json ? 'json' : 'yaml'),
  });
  output.verbatim(text);
  output.warnings(notes);
}
