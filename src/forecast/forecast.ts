// Computes where the growth of a store leads: its level under the limits, the day its room is full, a limit that fits.
// Pure: no I/O, no clock.
//
// At `growth` bytes a day and a run every `every` days, a store takes at most
//   growth × age          under a limit on age,
//   limit                 under a limit on size,
//   limit × mean size     under a limit on count,
// and growth × every more, before the next run; the least of these is its level. Without a limit, or where compaction
// does not hold the store at its limits, there is none, and it is full when the room is used up at the pace of what
// comes less what goes. The coming weeks are taken to be like the last one, day by day: the rhythm of a week says when
// room is used up, and how much more than the mean the busiest days of a week bring.
import type { Forecast } from '../report/forecast.js';
import type { RetentionPolicy } from '../retention/policy.js';
import { DAY, type Growth } from './growth.js';
import { ageText, NICE_AGES, roundedDown, sizeText } from './nice.js';

/** What past runs tell. */
export interface Removal {
  /** A day, in the time of the growth. */
  bytesPerDay: number | null;
  recordsPerDay: number | null;
  /** Days from one run to the next; null: too few runs to tell. */
  every: number | null;
  /** Bytes that the last run left. */
  left: number | null;
}

/** What the store has room in. */
export interface Room {
  of: 'disk' | 'memory';
  free: number;
  total: number;
  /** A compaction writes what stays a second time, beside the store. */
  copy: boolean;
}

export interface ForecastFacts {
  /** Seconds since 1970. */
  now: number;
  policy: RetentionPolicy;
  /** Limits apply to each of so many parts on its own. */
  parts: number;
  growth: Growth | null;
  source: 'runs' | 'timestamps';
  /** How many runs were seen. */
  runs: number;
  removal: Removal;
  /** Bytes that the store takes now; null: not known. */
  size: number | null;
  room: Room | null;
}

/** Of less than a day, only what happens within a day can be told. */
const LEAST_DAYS = 1;
const MOST_DAYS = 3650;
const WEEK_DAYS = 7;
/** A suggested limit keeps the room below this share. */
const SHARE = 0.8;
/** Where runs are too few to tell how often they come. */
const USUAL_EVERY = 0.25;
/** A store that is so much larger than its level, and loses so much less than it gets, is not held there. */
const BEHIND = { size: 1.25, rate: 0.9 };

export function forecastOf(facts: ForecastFacts): Forecast {
  const { growth, source, runs, removal, room, now } = facts;
  const blank: Forecast = {
    basis: growth && { source, runs: source === 'runs' ? runs : null, days: growth.seenDays, window_days: growth.days, bursts: growth.bursts }, // prettier-ignore
    unknown: null,
    bytes_per_day: rounded(growth?.bytesPerDay),
    records_per_day: rounded(growth?.recordsPerDay),
    dropped_bytes_per_day: rounded(removal.bytesPerDay),
    dropped_records_per_day: rounded(removal.recordsPerDay),
    keeps_up: null,
    run_every_days: removal.every,
    room: room && { of: room.of, free_bytes: room.free, total_bytes: room.total },
    levels_off: null,
    full: null,
    suggestion: null,
  };
  if (!growth) {
    return { ...blank, unknown: 'too little was seen: it takes two runs that are an hour apart' };
  }
  const { bytesPerDay } = growth;
  if (bytesPerDay === null || facts.size === null) {
    return { ...blank, unknown: 'the bytes of the store are not known' };
  }
  const path = pathOf(facts, bytesPerDay, facts.size);
  const full = path.fullInDays === null ? null : { in_days: path.fullInDays, at: isoAfter(now, path.fullInDays) }; // prettier-ignore
  if (growth.seenDays < LEAST_DAYS) {
    const soon = full !== null && full.in_days <= LEAST_DAYS ? full : null;
    return { ...blank, full: soon, unknown: 'too little was seen: what is further than a day ahead takes a day of it' }; // prettier-ignore
  }
  return {
    ...blank,
    keeps_up: path.keepsUp,
    levels_off: path.level,
    full,
    suggestion: suggestionOf(facts, bytesPerDay, facts.size, path.level),
  };
}

interface Path {
  keepsUp: boolean | null;
  level: Forecast['levels_off'];
  fullInDays: number | null;
}

function pathOf(
  { policy, parts, growth, removal, room }: ForecastFacts,
  comes: number,
  size: number,
): Path {
  // prettier-ignore
  const record = growth?.recordsPerDay ? comes / growth.recordsPerDay : 0;
  const byDay = growth?.bytesByDay ?? [];
  const held = heldBy(policy, parts, comes, record, byDay);
  const level = held + comes * (removal.every ?? 0);
  const goes = removal.bytesPerDay;
  const isLimited = Number.isFinite(level);
  const { left } = removal;
  const isBehind = left !== null && goes !== null && left > held * BEHIND.size && goes < comes * BEHIND.rate; // prettier-ignore
  const keepsUp = !isLimited || left === null ? null : !isBehind;
  const isLevel = isLimited && !isBehind;
  const more = isLevel ? Math.max(0, level - size) : Infinity;
  const days =
    room && more > room.free ? timeToFill(room.free, byDay, isBehind ? goes : 0) : Infinity;
  return {
    keepsUp,
    level: isLevel ? { bytes: Math.round(level), in_days: comes > 0 ? more / comes : 0 } : null,
    fullInDays: days <= MOST_DAYS ? days : null,
  };
}

/** What a run leaves when the store has reached its level; Infinity: there is no limit. */
function heldBy(
  policy: RetentionPolicy,
  parts: number,
  comes: number,
  record: number,
  byDay: readonly number[],
): number {
  // prettier-ignore
  const { max_age_seconds: age, max_records: count, max_total_bytes: size } = policy;
  return Math.min(
    age === null ? Infinity : busiest(age / DAY, comes, byDay),
    count === null || record === 0 ? Infinity : count * parts * record,
    size === null ? Infinity : size * parts,
  );
}

/** What the busiest so many days of a week bring. The rest of a day counts as the mean. */
function busiest(days: number, comes: number, byDay: readonly number[]): number {
  const whole = Math.floor(days) % WEEK_DAYS;
  if (byDay.length < WEEK_DAYS) return comes * days;
  const twice = [...byDay, ...byDay];
  const sums = byDay.map((_, at) => twice.slice(at, at + whole).reduce((sum, one) => sum + one, 0));
  return comes * (days - whole) + Math.max(...sums);
}

/** Days until so many bytes have come, `goes` less each day; Infinity: never, or later than can be told. */
function timeToFill(bytes: number, byDay: readonly number[], goes: number): number {
  const week = byDay.reduce((sum, one) => sum + one, 0) - goes * byDay.length;
  if (!(week > 0)) return Infinity;
  // Whole rounds first: then less than one is left, or a little more, as a round may rise and fall.
  const rounds = Math.max(0, Math.floor(bytes / week) - 1);
  let [left, days] = [bytes - rounds * week, rounds * byDay.length];
  for (let at = 0; ; at = (at + 1) % byDay.length) {
    const comes = byDay[at]! - goes;
    if (comes >= left) return comes > 0 ? days + left / comes : days;
    left -= comes;
    days += 1;
  }
}

/** The largest limit under which the store, and the copy that a run makes of it, leave a fifth of the room. */
function suggestionOf(
  { policy, parts, removal, room }: ForecastFacts,
  comes: number,
  size: number,
  level: Forecast['levels_off'],
): Forecast['suggestion'] {
  if (room === null || comes <= 0) return null;
  const others = room.total - room.free - size;
  const allowed = SHARE * room.total - others;
  const copies = room.copy ? 2 : 1;
  const between = comes * (removal.every ?? USUAL_EVERY);
  const most = (allowed - between) / copies;
  const fits = level !== null && Math.max(level.bytes, size) * copies - between <= allowed;
  if (fits || most <= 0) return null;
  const used = (held: number) => Math.round((100 * (others + held * copies + between)) / room.total); // prettier-ignore
  if (policy.max_age_seconds === null && policy.max_total_bytes !== null) {
    const value = roundedDown(most / parts);
    if (value >= policy.max_total_bytes || value < 1) return null;
    return { key: 'max_total_bytes', value, setting: sizeText(value), used_percent: used(value * parts) }; // prettier-ignore
  }
  const value = NICE_AGES.findLast((age) => (comes * age) / DAY <= most);
  if (value === undefined || value >= (policy.max_age_seconds ?? Infinity)) return null;
  return { key: 'max_age_seconds', value, setting: ageText(value), used_percent: used((comes * value) / DAY) }; // prettier-ignore
}

function isoAfter(now: number, days: number): string {
  return new Date((now + days * DAY) * 1000).toISOString();
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value);
}
