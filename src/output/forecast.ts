// Words the forecast of a store.
import type { Forecast } from '../report/forecast.js';
import { ageInWords, plural } from '../units/units.js';
import { formatBytes, formatShortCount } from './text.js';

const DAY = 86_400;

/** Nearer than this, a date says more than `now`. */
const NOW_DAYS = 1 / 24;

/** `in 6 days`, `in 3 hours`, `now`. */
export function inTime(days: number): string {
  return days < NOW_DAYS ? 'within an hour' : `in ${ageInWords(days * DAY)}`;
}

/** `12.3 MB and 41,234 records a day`; null: nothing is known. */
export function paceText(bytes: number | null, records: number | null): string | null {
  const words = [
    bytes === null ? '' : formatBytes(bytes),
    records === null ? '' : `${formatShortCount(records)} ${records === 1 ? 'record' : 'records'}`,
  ].filter(Boolean);
  return words.length === 0 ? null : `${words.join(', ')} a day`;
}

/** `from 12 runs over 9 days`, `from the timestamps of the log over 3 hours`. */
export function basisText({ basis }: Forecast): string {
  if (!basis) return '';
  const { source, runs, days, bursts, window_days } = basis;
  const what = source === 'runs' ? plural(runs ?? 0, 'run') : 'the timestamps of what is there';
  const newest = days >= window_days + 1 ? `, the newest ${plural(window_days, 'day')}` : '';
  const without = bursts === 0 ? '' : ` without ${plural(bursts, 'day')} of a burst`;
  return `from ${what} over ${ageInWords(days * DAY)}${newest}${without}`;
}

/** Where it leads: `levels off at 3.2 GB in 6 days; 40.1 GB are free`. */
export function outlookText(forecast: Forecast): string {
  const { levels_off: level, full, room, unknown } = forecast;
  const place = room?.of === 'memory' ? 'memory is' : 'disk is';
  if (full) return `the ${place} full ${inTime(full.in_days)}`;
  if (unknown !== null) return unknown;
  const free = room ? `; ${formatBytes(room.free_bytes)} are free` : '';
  if (level) {
    const when = level.in_days < NOW_DAYS ? 'has levelled off' : 'levels off';
    const later = level.in_days < NOW_DAYS ? '' : ` ${inTime(level.in_days)}`;
    return `${when} at ${formatBytes(level.bytes)}${later}${free}`;
  }
  return room ? `the ${place} not full within ten years${free}` : 'it grows, and nothing limits it that papyra knows'; // prettier-ignore
}

/** `max_age_seconds 4d would keep the disk below 80 %`; null: none is needed, or none would. */
export function suggestionText({ suggestion, room }: Forecast): string | null {
  if (!suggestion || !room) return null;
  const { key, setting, used_percent: percent } = suggestion;
  return `${key} ${setting} would keep the ${room.of} at ${percent} % or below`;
}
