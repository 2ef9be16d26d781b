// Implements the library calls that ask the runtime's settings: what configuration they amount to, and what differs.
import { loadStores, onlyStore, type LoadedStores } from '../config/load.js';
import type { EffectiveConfig } from '../config/types.js';
import { PapyraError } from '../errors/errors.js';
import type { RuntimeSettings } from '../settings/answer.js';
import type { SettingsRequest } from '../settings/ask.js';
import type { DriftReport } from '../settings/drift.js';
import type { ImportForm } from '../settings/write.js';
import { checkOpenOptions, checkSettingsOptions } from './call.js';
import type { OpenOptions } from './call-options.js';

export type { ImportForm } from '../settings/write.js';
export type { DriftKey, DriftReport } from '../settings/drift.js';

/** How the runtime's settings are asked. All optional. */
export interface SettingsOptions {
  /** The dotted path of the settings class, such as `shop.settings.Production`; default: PAPYRA_SETTINGS_MODULE. */
  settingsModule?: string;
  /** The Python of the application; default: that of VIRTUAL_ENV, or `python3` of the PATH. */
  python?: string;
  /** Milliseconds until its code is ended; default: 10 000. */
  settingsTimeoutMs?: number;
  /** Ends it at once. */
  signal?: AbortSignal;
}

/** The configuration that says what the settings say. */
export interface ImportedConfig {
  /** A text for a configuration file. It holds no password. */
  text: string;
  /** The class of the settings, and the Python that was asked. */
  settings: string;
  python: string;
  /** What a configuration cannot say, or what was assumed: one sentence each. YAML and TOML have them as comments. */
  notes: string[];
}

/**
 * Asks the runtime's settings by executing them with Python, and writes the configuration that says the same.
 *
 * @throws {PapyraError} `usage` when no settings are named, `config_invalid` when they cannot be asked or name a store
 * that a configuration cannot, `interrupted`.
 */
export async function importSettings(
  options: SettingsOptions & { form?: ImportForm } = {},
): Promise<ImportedConfig> {
  const { form = 'yaml', ...request } = options;
  checkSettingsOptions(request);
  const [answer, { valuesOf }, { writeImported }] = await Promise.all([ask(request), import('../settings/values.js'), import('../settings/write.js')]); // prettier-ignore
  const imported = valuesOf(answer);
  const notes = [...imported.notes];
  if (imported.password !== null) notes.push('the settings have a password of Redis, which is not printed: put it into the file that password_file names, or into PAPYRA_REDIS_PASSWORD'); // prettier-ignore
  const text = await writeImported(answer, imported, form);
  return { text, settings: answer.settings, python: answer.python, notes };
}

/**
 * Asks the runtime's settings by executing them with Python, and compares the configuration in force with them. Of
 * several stores, the one that is where the settings say; `store` names another.
 *
 * @throws {PapyraError} as `openSystem()` and `importSettings()`. A difference does not throw; it is in the report.
 */
export async function compareSettings(
  options: SettingsOptions & Pick<OpenOptions, 'configFile' | 'overrides' | 'cwd' | 'store'> = {},
): Promise<DriftReport> {
  const { configFile, overrides, cwd, store, ...request } = options;
  checkOpenOptions({ configFile, overrides, cwd, store });
  checkSettingsOptions(request);
  const loaded = await loadStores({ configFile, overrides, cwd }, store === undefined ? [] : [store]); // prettier-ignore
  // What is wrong in a configuration is told before any code is executed.
  if (loaded.stores.length <= 1) onlyStore(loaded);
  return compareOneOf(loaded, await ask(request));
}

/** A store that is meant need not be named: the settings say where it is. */
async function compareOneOf(loaded: LoadedStores, answer: RuntimeSettings): Promise<DriftReport> {
  const { stores } = loaded;
  const { compareWith, compareWithNone, storesAt } = await import('../settings/drift.js');
  const meant = stores.length === 1 ? stores : storesAt(answer, stores);
  if (meant.length === 0) return compareWithNone(answer, stores);
  return compareWith(answer, onlyStore({ ...loaded, stores: meant }).config);
}

/** For doctor: the same of a configuration that is in force already. Returns why they could not be asked. */
export async function driftOf(
  config: EffectiveConfig,
  request: SettingsRequest,
): Promise<DriftReport | PapyraError> {
  try {
    const { compareWith } = await import('../settings/drift.js');
    return compareWith(await ask(request), config);
  } catch (error) {
    if (error instanceof PapyraError && error.code === 'config_invalid') return error;
    throw error;
  }
}

async function ask(request: SettingsRequest): Promise<RuntimeSettings> {
  const { askSettings } = await import('../settings/ask.js');
  return askSettings(request);
}
