// Loads the configuration in force: flags beat the environment, which beats the file.
import { dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { discoverConfig } from './discover.js';
import { fromEnvironment } from './environment.js';
import { resolveConfig, type ResolveRequest } from './resolve.js';
import type { ConfigInput, EffectiveConfig, Overrides } from './types.js';
import { problemOf, unexpandedPaths } from './unexpanded.js';
import { noWorkingDirectory, workingDirectory } from './working-directory.js';

export interface LoadRequest {
  /** The configuration file named by the operator; PAPYRA_CONFIG when left out. */
  configFile?: string | undefined;
  /**
   * A configuration given in a call. With a persistence section, neither a file nor the environment is read.
   * Without one, its sections beat those of the file.
   */
  input?: ConfigInput | undefined;
  overrides?: Overrides | undefined;
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
}

/** @throws {PapyraError} `config_invalid` when it is missing or wrong, `usage` for a bad environment variable. */
export async function loadConfig(request: LoadRequest): Promise<EffectiveConfig> {
  return resolveConfig(await gatherConfig(request));
}

/** Collects file, environment and flags, not yet merged. */
export async function gatherConfig(request: LoadRequest): Promise<ResolveRequest> {
  const env = request.env ?? process.env;
  const cwd = workingDirectory(request.cwd);
  const named = request.configFile ?? (env['PAPYRA_CONFIG'] || undefined);
  // A key that is undefined is none: it must not hide that of the file, such as its hooks.
  const call = withoutUndefined(request.input ?? {});
  const bare = Object.keys(call).length === 0;
  const given = bare ? {} : await validate(call, 'the given configuration', cwd);
  const flags = withoutUndefined(request.overrides ?? {});
  if (given.persistence) return { found: null, input: given, overrides: flags, flags, cwd };
  const variables = fromEnvironment(env);
  assertExpanded('PAPYRA_PATH', variables.path, cwd);
  const overrides = { ...variables, ...flags };
  if (cwd === null && named === undefined && overrides.path === undefined) {
    throw noWorkingDirectory('the search for a configuration begins there');
  }
  const found = await discoverConfig(named, cwd, env);
  const inFile = found ? await validate(found.content, found.file, dirname(found.file)) : {};
  const input = {
    ...inFile,
    ...given,
    metrics: { ...inFile.metrics, ...withoutUndefined(given.metrics ?? {}) },
  };
  return { found, input, overrides, flags, cwd };
}

/** No shell reads a variable that systemd or cron sets. Flags are left to the shell. */
function assertExpanded(name: string, path: string | undefined, cwd: string | null): void {
  const wrong = path === undefined ? null : problemOf(path, cwd ?? '/');
  if (!wrong) return;
  const { problem, hint } = wrong;
  throw new PapyraError('usage', `environment variable ${name}: ${problem}`, { ...(hint === undefined ? {} : { hint }) }); // prettier-ignore
}

function withoutUndefined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>; // prettier-ignore
}

async function validate(
  content: unknown,
  where: string,
  base: string | null,
): Promise<ConfigInput> {
  const { configSchema } = await import('./schema.js');
  const result = configSchema.safeParse(content);
  const unexpanded = unexpandedPaths(content, base);
  if (result.success && unexpanded.length === 0) return result.data;
  const { explainIssues } = await import('./explain.js');
  const issues = result.success ? [] : explainIssues(result.error, content, configSchema);
  const said = new Set(unexpanded.map(({ path }) => path));
  const problems = [...unexpanded, ...issues.filter(({ path }) => !said.has(path))];
  const errors = problems.map(
    ({ path, problem, hint = 'mend the configuration; nothing was done' }) =>
      new PapyraError('config_invalid', `${where}: ${path ? `${path}: ` : ''}${problem}`, { hint }),
  );
  errors[0]!.others.push(...errors.slice(1));
  throw errors[0]!;
}
