// Lists round values of limits, as an operator would choose them. Pure.
import { durationText } from '../units/units.js';

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];

/** Ages in seconds, the shortest first. */
export const NICE_AGES = [
  ...[1, 5, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365].map((days) => days * DAY),
];

/** The largest number of two digits and zeros that is not above. */
export function roundedDown(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
  return Math.floor(value / unit) * unit;
}

/** `7d`, `12h`: as `--max-age` takes it. Weeks are written as days. */
export function ageText(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400}d` : durationText(seconds);
}

/** `3.2GB`: bytes of few digits as `--max-total-bytes` takes them. */
export function sizeText(bytes: number): string {
  const units = [['TB', 1e12], ['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const; // prettier-ignore
  for (const [unit, size] of units) {
    const text = String(bytes / size);
    if (bytes >= size && text.length <= 5) return `${text}${unit}`;
  }
  return String(bytes);
}
