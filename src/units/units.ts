// Parses and prints durations, sizes, counts and times.
import { PapyraError } from '../errors/errors.js';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** 10,000 years: a longer duration has a wrong unit. */
export const MAX_SECONDS = 315_576_000_000;

const BYTES = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

const DURATION = /^(\d+(?:\.\d+)?)(s|m|h|d|w)$/;
const SHARE = /^(\d+(?:\.\d+)?)%$/;
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|[kK]B|[MGT]B|[KMGT]iB)?$/;

/**
 * For editors: regular expressions of what `parseDuration` and `parseSize` accept. They also match some texts that
 * these refuse: half a byte, and values that are too large.
 */
export const DURATION_PATTERN = loosely(DURATION);
export const SIZE_PATTERN = loosely(SIZE);

export const SHARE_PATTERN = SHARE.source.replace('^', '^\\s*').replace('$', '\\s*$');

/** Allows blanks around the text, and refuses zero. */
function loosely({ source }: RegExp): string {
  return `^(?=.*[1-9])\\s*${source.slice(1, -1)}\\s*$`;
}

function usage(message: string): PapyraError {
  return new PapyraError('usage', message);
}

/**
 * A duration such as `90s`, `30m`, `12h`, `7d`, `4w`, in seconds. The unit is required: a bare `7`
 * would mean seconds to one reader and days to another.
 *
 * @throws {PapyraError} `usage` when the text is not a duration above zero.
 */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text.trim());
  if (!match) {
    const bare = /^\d+(\.\d+)?$/.test(text.trim());
    throw usage(
      bare
        ? `'${text}' has no unit: write ${text.trim()}s, ${text.trim()}m, ${text.trim()}h, ${text.trim()}d or ${text.trim()}w`
        : `'${text}' is not a duration such as 90s, 30m, 12h, 7d or 4w`,
    );
  }
  const seconds = Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
  if (seconds <= 0) throw usage(`'${text}' must be more than zero`);
  if (seconds > MAX_SECONDS) throw usage(`'${text}' is more than 10,000 years`);
  return seconds;
}

/** `10m`, `7d`: the shortest text that `parseDuration` reads as this duration. */
export function durationText(seconds: number): string {
  const units = Object.entries(SECONDS);
  const [unit, size] = units.findLast(([, size]) => seconds % size === 0) ?? units[0]!;
  return `${seconds / size}${unit}`;
}

/** `3,000`. Not toLocaleString: its first use costs 11 ms. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 record`, `3,000 records`; `? records` where the number is not known. */
export function plural(value: number | null, noun: string): string {
  const many = `${noun.replace(/(?<=[^aeiou])y$/, 'ie')}s`;
  return `${value === null ? '?' : grouped(value)} ${value === 1 ? noun : many}`;
}

/** `90 seconds`, `12 hours`, `3 days`: rounded. */
export function ageInWords(seconds: number): string {
  if (seconds < 120) return plural(Math.round(seconds), 'second');
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} hours`;
  return `${grouped(Math.round(seconds / 86_400))} days`;
}

/**
 * A size such as `500MB`, `2GB`, `64KiB` or a plain number of bytes, in bytes. `MB` is 10^6, `MiB` 2^20.
 *
 * @throws {PapyraError} `usage` when the text is not a whole number of bytes above zero.
 */
export function parseSize(text: string): number {
  const match = SIZE.exec(text.trim());
  if (!match) throw usage(`'${text}' is not a size such as 500MB, 2GB, 64KiB or a number of bytes`);
  const bytes = Number(match[1]) * BYTES[(match[2] ?? 'B') as keyof typeof BYTES];
  if (!Number.isSafeInteger(bytes)) throw usage(`'${text}' is not a whole number of bytes`);
  if (bytes <= 0) throw usage(`'${text}' must be more than zero`);
  return bytes;
}

/**
 * A whole number above zero, such as the value of `--max-records`.
 *
 * @throws {PapyraError} `usage` for anything else.
 */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (!Number.isSafeInteger(count) || count <= 0) {
    throw usage(`'${text}' is not a whole number above zero`);
  }
  return count;
}

/**
 * A share from `0%` to `100%`, as a number from 0 to 1.
 *
 * @throws {PapyraError} `usage` for anything else.
 */
export function parseShare(text: string): number {
  const [, number] = SHARE.exec(text.trim()) ?? [];
  const percent = Number(number);
  if (number === undefined || percent > 100) throw usage(`'${text}' is not a share such as 25%`);
  return percent / 100;
}

/** Bytes, or a share from 0 to 1. */
export type Amount = { bytes: number } | { share: number };

/**
 * A size such as `64MB`, or a share such as `5%`.
 *
 * @throws {PapyraError} `usage` for anything else.
 */
export function parseAmount(text: string): Amount {
  return text.trim().endsWith('%') ? { share: parseShare(text) } : { bytes: parseSize(text) };
}

/** The last second of the year 9999. */
const MAX_TIME = 253_402_300_799;

/**
 * A point in time, in seconds since 1970: ISO 8601 (`2026-11-22T05:00:00Z`) or seconds (`1790000000`).
 * A date without a time zone is UTC, as in the reports.
 *
 * @throws {PapyraError} `usage` when the text is neither.
 */
export function parseTime(text: string): number {
  const trimmed = text.trim();
  const seconds = /^\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : parseCalendar(trimmed);
  if (Number.isNaN(seconds)) {
    throw usage(`'${text}' is not a time such as 2026-11-22T05:00:00Z or 1790000000`);
  }
  if (seconds > MAX_TIME) {
    throw usage(`'${text}' is after the year 9999: it counts seconds since 1970, not milliseconds`);
  }
  return seconds;
}

/**
 * A point in time, in seconds since 1970: what `parseTime` reads, or how long ago it was (`2h`). `now`: in seconds since 1970.
 *
 * @throws {PapyraError} `usage` when the text is neither.
 */
export function parseMoment(text: string, now = Date.now() / 1000): number {
  if (DURATION.test(text.trim())) return now - parseDuration(text);
  try {
    return parseTime(text);
  } catch (error) {
    if (!(error instanceof PapyraError) || error.message.includes('9999')) throw error;
    throw usage(`'${text}' is not a time such as 2h (ago), 2026-11-22T05:00:00Z or 1790000000`);
  }
}

const TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** Seconds since 1970; NaN for a day that the calendar lacks, as `Date` takes 30 February for 2 March. */
function parseCalendar(text: string): number {
  const match = TIME.exec(text);
  if (!match) return NaN;
  const [, year, month, day, clock = '00:00', zone = 'Z'] = match;
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (midnight.getUTCMonth() !== Number(month) - 1) return NaN;
  const offset = zone.replace(/(\d{2})(\d{2})$/, '$1:$2').toUpperCase();
  return Date.parse(`${year}-${month}-${day}T${clock}${offset}`) / 1000;
}
