// Implements the library calls that show a configuration, describe it as a JSON Schema, or start one.
import { checkOpenOptions } from './call.js';
import type { ConfigReport } from '../config/show.js';
import type { StarterForm } from '../config/starter.js';
import type { Overrides } from '../config/types.js';
import type { OpenOptions } from './call-options.js';

export type { ConfigReport, ConfigValue } from '../config/show.js';
export type { StarterForm } from '../config/starter.js';

/**
 * The configuration that `openSystem()` would use, and where each value came from. Passwords, and the
 * arguments of hooks, are not in it. Does not look at the store.
 *
 * @throws {PapyraError} as `openSystem()` does.
 */
export async function showConfig(
  options: Pick<OpenOptions, 'configFile' | 'overrides' | 'cwd'> & {
    store?: readonly string[];
  } = {},
): Promise<ConfigReport> {
  const { store, ...others } = options;
  checkOpenOptions(others);
  const { gatherConfig } = await import('../config/load.js');
  const { describeConfig } = await import('../config/show.js');
  const { withoutSecrets } = await import('../text/secrets.js');
  const report = describeConfig(await gatherConfig(others), store);
  const values = report.values.map((one) => ({
    ...one,
    value: withoutSecrets(one.key, one.value),
  }));
  return { ...report, values };
}

/** The JSON Schema (draft 7) of a configuration. */
export async function configSchema(): Promise<object> {
  const { configJsonSchema } = await import('../config/json-schema.js');
  return configJsonSchema();
}

/**
 * A configuration to start from, as YAML or as JSON, with the values of `overrides`. In YAML, comments show the other
 * keys. With `searchIn`, they also name the logs below that directory that look like the runtime's: a short search that
 * follows no link.
 *
 * @throws {PapyraError} `usage` for a backend for which there is none.
 */
export async function starterConfig(
  overrides: Overrides = {},
  form: StarterForm = 'yaml',
  searchIn?: string,
): Promise<string> {
  checkOpenOptions({ overrides });
  const { starterConfig: starter } = await import('../config/starter.js');
  if (searchIn === undefined || overrides.path !== undefined || form !== 'yaml') return starter(overrides, form); // prettier-ignore
  const { findLogs } = await import('../log/find-logs.js');
  const { suggestionLines } = await import('../config/found-logs.js');
  const { logs, isCut } = findLogs(searchIn);
  return starter(overrides, form, suggestionLines(searchIn, logs, isCut));
}
