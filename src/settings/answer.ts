// Defines what the runtime's settings answer, and checks that an answer has that form: their code may have written it.
import { PapyraError } from '../errors/errors.js';

/** A value that has no counterpart in JSON: how Python prints it. */
export interface OddValue {
  odd: string;
}

export type SettingsValue = string | number | boolean | null | OddValue;

/** The store that the settings name. */
export interface RuntimeStore {
  /** The class with its module, as Python names it. */
  class: string;
  /** null: a class that is none of the runtime's. */
  backend: 'json' | 'rotating' | 'redis' | 'memory' | null;
  /** The class is not the runtime's own, but inherits from it. */
  inherited: boolean;
  path: SettingsValue;
  max_bytes: SettingsValue;
  max_files: SettingsValue;
  retention: Record<string, SettingsValue>;
  redis: Record<string, SettingsValue>;
  /** What else the retention and the connection have. */
  others: Record<string, SettingsValue>;
}

export interface RuntimeSettings {
  /** The version of the runtime; null: it has none. */
  runtime: string | null;
  /** The Python that was asked. */
  python: string;
  /** The class of the settings. */
  settings: string;
  /** Whether it inherits from the runtime's. */
  inherits: boolean;
  /** Where relative paths were taken to start. */
  cwd: string;
  store: RuntimeStore;
}

/** How asking failed inside Python. */
export interface SettingsFailure {
  /** What was being done: loading the runtime, the settings, or looking at what they hold. */
  step: 'runtime' | 'settings' | 'persistence';
  /** The last line of the traceback. */
  last: string;
  /** The file and line that raised it. */
  at: string | null;
  /** The whole traceback. */
  trace: string;
  /** Why a file may not be executed as root. */
  untrusted: string | null;
  /** The module that was not found. */
  missing: string | null;
}

export type Answer = RuntimeSettings | { failed: SettingsFailure };

type Shape = (value: unknown) => boolean;

const text: Shape = (value) => typeof value === 'string';
const flag: Shape = (value) => typeof value === 'boolean';
const orNull = (shape: Shape): Shape => (value) => value === null || shape(value); // prettier-ignore
const among = (...words: (string | null)[]): Shape => (value) => words.includes(value as string | null); // prettier-ignore
const object = (shapes: Record<string, Shape>): Shape => (value) =>
  isObject(value) && Object.entries(shapes).every(([key, shape]) => shape(value[key])); // prettier-ignore
const record = (shape: Shape): Shape => (value) => isObject(value) && Object.values(value).every(shape); // prettier-ignore

const setting: Shape = (value) =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value) || object({ odd: text })(value); // prettier-ignore

const FAILURE = object({
  step: among('runtime', 'settings', 'persistence'),
  last: text,
  at: orNull(text),
  trace: text,
  untrusted: orNull(text),
  missing: orNull(text),
});

const STORE = object({
  class: text,
  backend: among('json', 'rotating', 'redis', 'memory', null),
  inherited: flag,
  path: setting,
  max_bytes: setting,
  max_files: setting,
  retention: record(setting),
  redis: record(setting),
  others: record(setting),
});

const SETTINGS = object({
  runtime: orNull(text),
  python: text,
  settings: text,
  inherits: flag,
  cwd: text,
  store: STORE,
});

/** @throws {PapyraError} `config_invalid` when it is no answer of our program. */
export function readAnswer(line: string): Answer {
  const document = parsed(line);
  if (SETTINGS(document)) return document as RuntimeSettings;
  if (object({ failed: FAILURE })(document)) return document as { failed: SettingsFailure };
  throw new PapyraError('config_invalid', 'the settings gave an answer that papyra cannot read', {
    hint: 'their code wrote to a descriptor that is not its own; nothing was done',
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
