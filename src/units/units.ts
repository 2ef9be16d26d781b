import { PapyraError } from '../errors/errors.js';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** 10,000 years: more is a wrong unit. */
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
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|[kK]B|[MGT]B|[KMGT]iB)?$/;

/**
 * Regular expressions of the texts that `parseDuration` and `parseSize` take, for editors. They let pass some
 * that these do not: half a byte, and more than there can be.
 */
export const DURATION_PATTERN = loosely(DURATION);
export const SIZE_PATTERN = loosely(SIZE);

/** With blanks around it, and not zero. */
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

/** The shortest way to write a duration so that `parseDuration` reads it: `10m`, `7d`. */
export function durationText(seconds: number): string {
  const [unit, size] = Object.entries(SECONDS).findLast(([, size]) => seconds % size === 0) ?? [
    's',
    1,
  ];
  return `${seconds / size}${unit}`;
}

/** `90 seconds`, `12 hours`, `3 days`: about so long, in words. */
export function ageInWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} hours`;
  return `${String(Math.round(seconds / 86_400)).replace(/\B(?=(?:\d{3})+$)/g, ',')} days`;
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

/** The last second of the year 9999. */
const MAX_TIME = 253_402_300_799;

/**
 * A point in time, in seconds since 1970: ISO 8601 (`2026-11-22T05:00:00Z`) or seconds (`1790000000`).
 * A date without a time zone is taken as UTC, as the reports print it.
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

/** Seconds since 1970, or NaN for what is no day of the calendar: `Date` takes 30 February for 2 March. */
function parseCalendar(text: string): number {
  const match = TIME.exec(text);
  if (!match) return NaN;
  const [, year, month, day, clock = '00:00', zone = 'Z'] = match;
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (midnight.getUTCMonth() !== Number(month) - 1) return NaN;
  const offset = zone.replace(/(\d{2})(\d{2})$/, '$1:$2').toUpperCase();
  return Date.parse(`${year}-${month}-${day}T${clock}${offset}`) / 1000;
}
