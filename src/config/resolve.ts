// Merges the configuration file, the environment and flags into the configuration in force.
import { dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import type { RetentionPolicy } from '../retention/policy.js';
import type { FoundConfig } from './discover.js';
import { asWritten } from './environment.js';
import { suggestion } from './explain.js';
import { redisStore } from './redis-store.js';
import { parseRedisUrl } from './redis-url.js';
import { assertNobodyElses, type Guarded } from './textfile.js';
import { assertTrusted } from './trust.js';
import {
  BACKENDS,
  type ConfigInput,
  type EffectiveConfig,
  type Guards,
  type HooksConfig,
  type Overrides,
  type PersistenceInput,
  type StoreConfig,
} from './types.js';
import { parseAmount, parseDuration, parseShare, parseSize } from '../units/units.js';
import { startingAt } from './working-directory.js';

export interface ResolveRequest {
  found: FoundConfig | null;
  /** The validated content of `found`, or what was given in a call. */
  input: ConfigInput;
  overrides: Overrides;
  /** The overrides that came from flags or from the call; the others came from the environment. */
  flags: Overrides;
  /** null: it was deleted, so only absolute paths are possible. */
  cwd: string | null;
  /** Where `input.persistence` comes from, for messages; left out: `persistence`. */
  section?: string;
}

/**
 * `overrides.path` replaces the whole persistence section and the hooks. Without it, the retention flags override
 * the configured policy key by key.
 *
 * @throws {PapyraError} `config_invalid` when no store is configured.
 */
export function resolveConfig(request: ResolveRequest): EffectiveConfig {
  const { found, input, overrides } = request;
  const given = overrides.path !== undefined;
  const persistence = given ? {} : (input.persistence ?? {});
  const guarded = {
    file: found?.file ?? null,
    store: given ? pathStore(request) : configuredStore(request, persistence),
    archive: archiveOf(request, persistence),
    secretFiles: secretFilesOf(request),
  };
  return {
    ...guarded,
    archiveCompression: persistence.archive?.compression ?? 'auto',
    retention: retentionOf(persistence, overrides),
    metrics: {
      enabled: input.metrics?.enabled ?? true,
      // The textfile belongs to the configured store: metrics of another store must not replace it.
      textfile: given ? undefined : textfileOf(request, guarded),
    },
    overrides,
    guards: guardsOf(request),
    hooks: given ? undefined : hooksOf(request),
  };
}

function pathStore({ overrides, flags, cwd }: ResolveRequest): StoreConfig {
  const { backend = 'json' } = overrides;
  const path = overrides.path!;
  const written = `${asWritten('path', path, flags)} with ${asWritten('backend', backend, flags)}`;
  assertBuiltIn(backend, flags);
  if (backend === 'memory' || backend === 'redis') {
    throw new PapyraError('usage', `${written}: the ${backend} backend has no log`, {
      hint: 'leave one of the two out; nothing was done',
    });
  }
  return fileStore(backend === 'rotating' ? backend : 'json', startingAt(cwd, path), 'path', {}, overrides); // prettier-ignore
}

function configuredStore(request: ResolveRequest, persistence: PersistenceInput): StoreConfig {
  const { found, overrides, flags, cwd, section = 'persistence' } = request;
  if (overrides.backend !== undefined) assertBuiltIn(overrides.backend, flags);
  const backend = overrides.backend ?? persistence.backend;
  const where = source(found);
  if (backend === undefined) {
    if (!found && !request.input.persistence) throw nothingConfigured();
    throw new PapyraError('config_invalid', `${where}: ${section}.backend is missing`, {
      hint: `set it to ${BACKENDS.join(', ')} or the path of a module`,
    });
  }
  const base = found ? dirname(found.file) : cwd;
  const absolute = (path: string) => startingAt(base, path);
  switch (backend) {
    case 'json':
    case 'rotating':
      if (persistence.path === undefined) {
        throw new PapyraError('config_invalid', `${where}: ${section}.path is missing`, {
          hint: `name the log file of the ${backend} backend`,
        });
      }
      return fileStore(backend, absolute(persistence.path), 'config', persistence, overrides);
    case 'memory':
      return { backend };
    case 'redis':
      return redisStore({ persistence, overrides, where, section, absolute });
    default:
      return moduleStore(absolute(backend), persistence, absolute('.'), found);
  }
}

/** The defaults of the runtime. */
const ROTATION = { max_bytes: 50_000_000, max_files: 5 };

function fileStore(
  backend: 'json' | 'rotating',
  path: string,
  namedBy: 'path' | 'config',
  { max_bytes, max_files }: PersistenceInput,
  overrides: Overrides,
): StoreConfig {
  if (backend === 'json') return { backend, path, namedBy };
  const bytes = typeof max_bytes === 'string' ? parseSize(max_bytes) : max_bytes;
  return {
    backend,
    path,
    namedBy,
    maxBytes: overrides.max_bytes ?? bytes ?? ROTATION.max_bytes,
    maxFiles: overrides.max_files ?? max_files ?? ROTATION.max_files,
  };
}

function moduleStore(
  module: string,
  options: PersistenceInput,
  baseDirectory: string,
  found: FoundConfig | null,
): StoreConfig {
  return { backend: 'module', module, explicit: assertMayNameCode(found), options, baseDirectory };
}

function hooksOf({ found, input, cwd }: ResolveRequest): HooksConfig | undefined {
  const { hooks: commands } = input;
  if (commands === undefined) return undefined;
  const directory = found ? dirname(found.file) : startingAt(cwd, '.');
  return { commands, directory, explicit: assertMayNameCode(found) };
}

/** Checks the owner of a configuration that names code to execute. Returns whether the operator named the file. */
function assertMayNameCode(found: FoundConfig | null): boolean {
  const explicit = found?.explicit ?? true;
  if (found) assertTrusted({ file: found.file, what: 'configuration', code: true, explicit });
  return explicit;
}

function retentionOf({ retention }: PersistenceInput, overrides: Overrides): RetentionPolicy {
  const age = retention?.max_age_seconds;
  const size = retention?.max_total_bytes;
  return {
    max_age_seconds:
      overrides.max_age_seconds ?? (typeof age === 'string' ? parseDuration(age) : age) ?? null,
    max_records: overrides.max_records ?? retention?.max_records ?? null,
    max_total_bytes:
      overrides.max_total_bytes ?? (typeof size === 'string' ? parseSize(size) : size) ?? null,
  };
}

function guardsOf({ input, overrides }: ResolveRequest): Guards {
  const drop = overrides.max_drop ?? input.guards?.max_drop;
  const least = overrides.min_reclaim ?? input.guards?.min_reclaim;
  return {
    maxDrop: drop === undefined ? undefined : parseShare(drop),
    minReclaim: least === undefined ? undefined : parseAmount(String(least)),
  };
}

function archiveOf({ found, cwd }: ResolveRequest, { archive }: PersistenceInput) {
  return archive?.dir && startingAt(found ? dirname(found.file) : cwd, archive.dir);
}

function textfileOf({ found, cwd, input }: ResolveRequest, guarded: Guarded): string | undefined {
  const { textfile } = input.metrics ?? {};
  if (textfile === undefined) return undefined;
  const path = startingAt(found ? dirname(found.file) : cwd, textfile);
  assertNobodyElses(path, guarded);
  return path;
}

/** Includes files that flags or the environment replace: they hold secrets all the same. */
function secretFilesOf({ found, cwd, input }: ResolveRequest): string[] {
  const { url = '', password_file, sentinel, tls } = input.persistence ?? {};
  const key = typeof tls === 'object' ? tls.key : undefined;
  const base = found ? dirname(found.file) : cwd;
  const named = [password_file, sentinel?.password_file, key]
    .filter((file) => file !== undefined)
    .map((file) => startingAt(base, file));
  return found && parseRedisUrl(url)?.password !== undefined ? [found.file, ...named] : named;
}

function source(found: FoundConfig | null): string {
  return found ? found.file : 'the configuration';
}

function assertBuiltIn(backend: string, flags: Overrides): void {
  const names = [...BACKENDS];
  if (names.includes(backend as (typeof BACKENDS)[number])) return;
  throw new PapyraError('usage', `${asWritten('backend', backend, flags)}: no such backend`, {
    hint: suggestion(backend, names).hint ?? `it can be ${names.join(', ')}`,
  });
}

function nothingConfigured(): PapyraError {
  return new PapyraError('config_invalid', 'no configuration found, and no --path given', {
    hint: 'name a log with --path FILE, or write a papyra.config.yaml; see man papyra-config',
  });
}
