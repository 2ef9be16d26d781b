// Writes the configuration that says what the runtime's settings say: YAML, JSON or TOML.
import { KEYS } from '../config/keys.js';
import { nested, withUnit, yaml, type Entry } from '../config/starter.js';
import { printable, printableJson } from '../text/printable.js';
import type { RuntimeSettings } from './answer.js';
import type { ImportedValues } from './values.js';

export type ImportForm = 'yaml' | 'json' | 'toml';

const TLS_FILE = 'a PEM file';

/** JSON has no comments: whoever calls this shows the notes. */
export async function writeImported(
  { settings, runtime }: RuntimeSettings,
  imported: ImportedValues,
  form: ImportForm,
): Promise<string> {
  const entries = [...imported.values].flatMap(([key, value]) => entryOf(key, value));
  if (imported.password !== null) entries.push(passwordEntry());
  const active = entries.filter((entry) => entry.active);
  if (form === 'json') return `${printableJson(nested(active), 2)}\n`;
  const head = [
    `Configuration of papyra, made from ${settings}${runtime === null ? '' : ` (papyra ${runtime})`}.`,
    `To see later whether both still say the same:`,
    `  papyra config import --settings-module ${settings} --check`,
    ...imported.notes.map((note) => `Note: ${note}.`),
  ].map((line) => `# ${printable(line)}`);
  const body = form === 'yaml' ? yaml(entries, false).join('\n') : await toml(active);
  return `${head.join('\n')}\n\n${body.trimEnd()}\n`;
}

async function toml(entries: readonly Entry[]): Promise<string> {
  const { stringify } = await import('smol-toml');
  return stringify(nested(entries));
}

function entryOf(key: string, value: string | number | boolean | null): Entry[] {
  if (value === null) return [];
  const { says = TLS_FILE, form } = KEYS[key] ?? {};
  return [
    {
      path: key.split('.'),
      says,
      value: Number.isInteger(value) ? withUnit(value, form) : value,
      active: true,
    },
  ];
}

/** The password itself is never printed. */
function passwordEntry(): Entry {
  const says = 'the settings have a password: put it there, or into PAPYRA_REDIS_PASSWORD';
  return { path: ['persistence', 'password_file'], says, value: 'redis-password', active: false };
}
