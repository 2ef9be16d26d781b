import { grouped } from '../units/units.js';

export { printable, printableJson } from '../text/printable.js';

/** `3,000`; `?` for a number that is not known. */
export function formatCount(value: number | null): string {
  return value === null ? '?' : grouped(value);
}

const MULTIPLES = ['', ' k', ' M', ' G', ' T'];

/** `99,999`, `1.2 M`: for a table that has no room for more. */
export function formatShortCount(value: number | null): string {
  if (value === null || value < 100_000) return formatCount(value);
  const [short, multiple] = scaled(value, MULTIPLES);
  return `${short.toFixed(1)}${multiple}`;
}

/** `1 record`, `3,000 records`. */
export function plural(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `690.8 kB`: the decimal units that `--max-total-bytes` takes; `?` when not known. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '?';
  const [value, unit] = scaled(bytes, UNITS);
  return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`;
}

/** In the unit in which it has three digits before the point at most. */
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

/** `7 days`, `12 hours`: a duration of a policy, in the largest unit that divides it. */
export function formatAge(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  for (const [size, noun] of units) {
    if (seconds % size === 0) return plural(seconds / size, noun);
  }
  return plural(seconds, 'second');
}

/** The beginning of a text that is too long. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** The end of one: of a key that tells more. */
export function cutFront(text: string, length: number): string {
  return text.length > length ? `…${text.slice(1 - length)}` : text;
}

/** `66.6 %` */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}
