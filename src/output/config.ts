// Formats the configuration in force, and the result of its check, for a person.
import type { ConfigReport, ConfigValue } from '../config/show.js';
import type { RetentionPolicy } from '../retention/policy.js';
import { policyText } from './policy.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { formatAge, formatBytes, printable, printableJson } from './text.js';

export function configText({ file, values, unused }: ConfigReport, paint: Paint): string {
  const source = file === null ? 'no file' : paint.bold(printable(file));
  const rows = values.map((one) => [
    printable(one.key),
    valueText(one),
    paint.dim(printable(one.from === 'file' ? 'file' : (one.name ?? one.from))),
  ]);
  const blocks = [`Configuration from ${source}`, grid(rows, ['left', 'left', 'left'])];
  if (unused.length > 0) {
    const left = unused.map(({ key, why }) => [paint.yellow(printable(key)), printable(why)]);
    blocks.push(`Not in force\n\n${grid(left, ['left', 'left'])}`);
  }
  return `${blocks.join('\n\n')}\n`;
}

function valueText({ key, value }: Pick<ConfigValue, 'key' | 'value'>): string {
  if (value === null) return 'no limit';
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map((item) => valueText({ key, value: item })).join(' ');
  if (typeof value !== 'number') return printableJson(value);
  if (key.endsWith('_seconds')) return `${value} (${formatAge(value)})`;
  if (key.endsWith('_bytes')) return `${value} (${formatBytes(value)})`;
  return String(value);
}

/** Says that nothing prevents a compaction. */
export function checkText(
  check: { file: string | null; backend: string; target: string | null; policy: RetentionPolicy },
  paint: Paint,
): string {
  const { file, backend, target, policy } = check;
  const what = file === null ? 'The configuration' : printable(file);
  const rows = [
    ['store', printable([backend, target].filter((word) => word !== null).join(' '))],
    ['policy', policyText(policy)],
  ];
  const words = rows.map(([key, value]) => [paint.dim(key!), value!]);
  return `${what}: ${paint.green('ok')}\n\n${grid(words, ['left', 'left'])}\n`;
}
