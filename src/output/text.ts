// Formats numbers, sizes and durations for a person.
import { grouped, plural } from '../units/units.js';

export { printable, printableJson } from '../text/printable.js';

/** `3,000`; `?` for a number that is not known. */
export function formatCount(value: number | null): string {
  return value === null ? '?' : grouped(value);
}

const MULTIPLES = ['', ' k', ' M', ' G', ' T'];

/** `99,999`, `1.2 M`: for narrow columns. */
export function formatShortCount(value: number | null): string {
  if (value === null || value < 100_000) return formatCount(value);
  const [short, multiple] = scaled(value, MULTIPLES);
  return `${short.toFixed(1)}${multiple}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `690.8 kB`: the decimal units that `--max-total-bytes` takes; `?` when not known. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '?';
  const [value, unit] = scaled(bytes, UNITS);
  return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`;
}

/** Scales a value to the unit in which it has at most three digits before the point. */
function scaled(value: number, units: string[]): [value: number, unit: string] {
  let at = 0;
  while (Math.abs(value) >= 999.95 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return [value, units[at]!];
}

/** `0.8 s`, `3 m 20 s`, `2 h 5 m`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** `7 days`, `12 hours`: in the largest unit that divides the duration. */
export function formatAge(seconds: number): string {
  for (const [noun, size] of Object.entries({ day: 86_400, hour: 3600, minute: 60 })) {
    if (seconds % size === 0) return plural(seconds / size, noun);
  }
  return plural(seconds, 'second');
}

/** Cuts the end of a text that is too long. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Cuts the beginning of a text that is too long: the end of a key says more. */
export function cutFront(text: string, length: number): string {
  return text.length > length ? `…${text.slice(1 - length)}` : text;
}

/** `66.6 %` */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}
