import { PapyraError } from '../errors.js';
import { fromEnvironment } from './environment.js';
import { resolveConfig } from './resolve.js';
import type { ConfigInput, EffectiveConfig, Overrides } from './types.js';
import { noWorkingDirectory, workingDirectory } from './working-directory.js';

export interface LoadRequest {
  /** The configuration file named by the operator; PAPYRA_CONFIG when left out. */
  configFile?: string | undefined;
  /** A configuration given in a call: no file is looked for, the environment is not asked. */
  input?: ConfigInput | undefined;
  overrides?: Overrides | undefined;
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
}

/**
 * The configuration in force: flags beat the environment, which beats the file.
 *
 * @throws {PapyraError} `config_invalid` when it is missing or wrong, `usage` for a bad environment variable.
 */
export async function loadConfig(request: LoadRequest): Promise<EffectiveConfig> {
  const env = request.env ?? process.env;
  const cwd = workingDirectory(request.cwd);
  const named = request.configFile ?? (env['PAPYRA_CONFIG'] || undefined);
  if (request.input) {
    const input = await validate(request.input, 'the given configuration');
    return resolveConfig({ found: null, input, overrides: request.overrides ?? {}, cwd });
  }
  const overrides = { ...fromEnvironment(env), ...request.overrides };
  if (cwd === null && named === undefined && overrides.path === undefined) {
    throw noWorkingDirectory('the search for a configuration begins there');
  }
  const { discoverConfig } = await import('./discover.js');
  const found = await discoverConfig(named, cwd, env);
  const input = found ? await validate(found.content, found.file) : {};
  return resolveConfig({ found, input, overrides, cwd });
}

async function validate(content: unknown, where: string): Promise<ConfigInput> {
  const { configSchema } = await import('./schema.js');
  const result = configSchema.safeParse(content);
  if (result.success) return result.data;
  const { explainIssue } = await import('./explain.js');
  const { path, problem, hint } = explainIssue(result.error, content, configSchema);
  throw new PapyraError('config_invalid', `${where}: ${path ? `${path}: ` : ''}${problem}`, {
    hint: hint ?? 'mend the configuration; nothing was done',
  });
}
