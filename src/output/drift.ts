// Formats the differences between the configuration and the runtime's settings for a person.
import type { DriftReport } from '../settings/drift.js';
import { plural } from '../units/units.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { printable, printableJson } from './text.js';

export function driftText({ settings, file, store, keys }: DriftReport, paint: Paint): string {
  const configuration = file === null ? 'The configuration' : printable(file);
  const of = store === null ? '' : ` (store ${printable(store)})`;
  const what = `${configuration}${of} and ${printable(settings)}`;
  const different = keys.filter(({ differs }) => differs);
  const compared = plural(keys.length, 'key').concat(' compared');
  if (different.length === 0) return `${what} ${paint.green('say the same')}: ${compared}\n`;
  const rows = different.map((one) => [
    printable(one.key),
    valueText(one.settings),
    valueText(one.configuration),
  ]);
  const head = ['key', 'settings', 'configuration'].map((word) => paint.dim(word));
  const table = grid([head, ...rows], ['left', 'left', 'left']);
  return `${what} ${paint.red('differ')}: ${compared}\n\n${table}\n`;
}

export function valueText(value: unknown): string {
  if (value === null) return 'none';
  return typeof value === 'string' ? printable(value) : printableJson(value);
}
