// Tells timestamps that are not in seconds, that are texts, or that have another name.
import type { ForeignForm } from './form.js';
import { isSeconds, unitOf } from './unit.js';

/** Dated lines whose timestamps all have the same unit, and not seconds. */
export function foreignUnit(timestamps: readonly number[]): ForeignForm | undefined {
  const [first] = timestamps;
  const unit = first === undefined ? undefined : unitOf(first);
  if (unit === undefined || timestamps.some((one) => unitOf(one) !== unit)) return undefined;
  return { kind: 'unit', unit };
}

/** Names that others give to the time of a record; the first one that fits is taken. */
const KEYS = ['timestamp', '@timestamp', 'time', 'ts', 'datetime', 'date', 'created_at'];

const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d|$)/;

const MOST = 0.9;
/** Fewer are no evidence. */
const LEAST_LINES = 3;

/** Records of which none has a timestamp, but most have a time all the same. */
export function foreignTime(lines: readonly string[]): ForeignForm | undefined {
  const found = new Map<string, { form: ForeignForm; lines: number }>();
  for (const line of lines) {
    const form = timeIn(line);
    if (!form) continue;
    const key = JSON.stringify(form);
    const before = found.get(key)?.lines ?? 0;
    found.set(key, { form, lines: before + 1 });
  }
  for (const { form, lines: count } of found.values()) {
    if (count >= LEAST_LINES && count >= MOST * lines.length) return form;
  }
  return undefined;
}

function timeIn(line: string): ForeignForm | undefined {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line) as Record<string, unknown>;
  } catch {
    // With what only Python's JSON has.
    return undefined;
  }
  for (const key of KEYS) {
    const value = Object.hasOwn(record, key) ? record[key] : undefined;
    if (typeof value === 'string' && ISO.test(value)) return { kind: 'text', key };
    if (typeof value !== 'number' || key === 'timestamp') continue;
    if (isSeconds(value) || unitOf(value)) return { kind: 'key', key };
  }
  return undefined;
}
