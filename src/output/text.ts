/** DEL, C1, and the characters that turn the direction of text around or end a line. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g;
/** Those, and C0. */
const UNSAFE = new RegExp(`[\u0000-\u001f]|${UNSAFE_IN_JSON.source}`, 'g');

/** Text from a log, a path or a server, made safe to print: control characters are escaped. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** A document that is safe to print, and still JSON: of C0, `JSON.stringify` has taken care. */
export function printableJson(document: unknown, indent?: number): string {
  return JSON.stringify(document, null, indent).replace(
    UNSAFE_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `3,000`; `?` for a number that is not known. */
export function formatCount(value: number | null): string {
  // By hand: the first use of the locale's own costs 11 ms.
  return value === null ? '?' : String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 record`, `3,000 records`. */
export function plural(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `690.8 kB`: the decimal units that `--max-total-bytes` takes; `?` when not known. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '?';
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
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

/** `66.6 %` */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;
}
