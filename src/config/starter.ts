// Writes the starter configuration of `config init`, as YAML with comments or as JSON.
import { PapyraError } from '../errors/errors.js';
import { printableJson } from '../text/printable.js';
import { factsOf, isFor, KEYS, OVERRIDDEN, type KeyFacts } from './keys.js';
import { parseYaml } from './parse.js';
import { BACKENDS, type Overrides } from './types.js';
import { startingAt, workingDirectory } from './working-directory.js';
import { durationText } from '../units/units.js';

/** How a starter is written. */
export type StarterForm = 'yaml' | 'json';

const SCHEMA_FILE = './papyra.schema.json';

const HEAD = `# yaml-language-server: $schema=${SCHEMA_FILE}
#
# Configuration of papyra; the whole of it is in man papyra-config.
# Many stores in one file, also by globs: see "stores" there.
# Nothing expires until retention has a limit. To see whether all this holds:
#   papyra --config THIS-FILE config check
# For completion and checks in an editor, beside this file:
#   papyra config schema > papyra.schema.json
`;

export interface Entry {
  path: string[];
  says: string;
  value: unknown;
  /** Not commented out. */
  active: boolean;
}

/**
 * Values that were given, and defaults, are written out. The other keys are comments, or left out in JSON.
 *
 * @throws {PapyraError} `usage` for a backend that has no starter.
 */
export function starterConfig(
  given: Overrides,
  form: StarterForm,
  suggestions: readonly string[] = [],
): string {
  const { backend = 'json', path } = given;
  if (!(BACKENDS as readonly string[]).includes(backend)) {
    throw new PapyraError('usage', `--backend ${backend}: there is no starter for it`, {
      hint: `it can be ${BACKENDS.join(', ')}`,
    });
  }
  if (path !== undefined && !isFor(backend, 'persistence.path')) {
    throw new PapyraError('usage', `--path with --backend ${backend}: that backend has no log`, {
      hint: 'leave one of the two out',
    });
  }
  const values = givenValues({ ...given, backend });
  const entries = Object.entries(KEYS).flatMap(([key, facts]) =>
    isFor(backend, key) || values.has(key) ? entryOf(key, facts, values.get(key)) : [],
  );
  const head = [HEAD.trimEnd(), ...suggestions].join('\n');
  if (form === 'yaml') return `${head}\n\n${yaml(entries, false).join('\n')}\n`;
  const active = entries.filter((entry) => entry.active);
  const document = { $schema: SCHEMA_FILE, ...nested(active) };
  return `${printableJson(document, 2)}\n`;
}

/** The values by key, in the form in which a person would write them. */
function givenValues(given: Overrides): Map<string, unknown> {
  const path = given.path && startingAt(workingDirectory(undefined), given.path);
  const named = Object.entries({ ...given, path }).filter(([, value]) => value !== undefined);
  return new Map(
    named.map(([name, value]) => {
      const key = OVERRIDDEN[name as keyof Overrides];
      return [key, withUnit(value, factsOf(key).form)];
    }),
  );
}

const SIZES = [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const; // prettier-ignore

export function withUnit(value: unknown, form: KeyFacts['form']): unknown {
  if (typeof value !== 'number') return value;
  if (form === 'duration') return durationText(value);
  const unit = form === 'size' ? SIZES.find(([, size]) => value % size === 0) : undefined;
  return unit ? `${value / unit[1]}${unit[0]}` : value;
}

function entryOf(key: string, facts: KeyFacts, given: unknown): Entry[] {
  const { says, preset, sample, needed } = facts;
  const settled = preset !== undefined && preset !== null;
  const active = given !== undefined || settled || needed === true;
  const value = given ?? sample;
  return value === undefined ? [] : [{ path: key.split('.'), says, value, active }];
}

/** A section without an active entry is a comment as a whole. */
export function yaml(entries: readonly Entry[], isComment: boolean): string[] {
  return grouped(entries).flatMap(([name, inside]) => {
    const comment = !isComment && !inside.some(({ active }) => active);
    const [leaf] = inside.filter(({ path }) => path.length === 0);
    const lines = leaf
      ? [`${name}: ${scalar(leaf.value)} # ${leaf.says}`]
      : [`${name}:`, ...yaml(inside, isComment || comment).map((line) => `  ${line}`)];
    return comment ? lines.map((line) => `# ${line}`) : lines;
  });
}

export function nested(entries: readonly Entry[]): Record<string, unknown> {
  return Object.fromEntries(
    grouped(entries).map(([name, inside]) => {
      const [leaf] = inside.filter(({ path }) => path.length === 0);
      return [name, leaf ? leaf.value : nested(inside)];
    }),
  );
}

/** Groups entries by the first name of their paths, and removes that name. */
function grouped(entries: readonly Entry[]): [name: string, inside: Entry[]][] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const [name, ...path] = entry.path;
    const group = groups.get(name!) ?? [];
    groups.set(name!, [...group, { ...entry, path }]);
  }
  return [...groups];
}

/** Plain where YAML reads it back as the same text, else JSON, which is also YAML. */
function scalar(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(scalar).join(', ')}]`;
  if (typeof value !== 'string') return String(value);
  const isPlain = /^[\w./-]+$/.test(value) && parseYaml(value) === value;
  return isPlain ? value : printableJson(value);
}
