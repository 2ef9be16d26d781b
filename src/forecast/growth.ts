// Computes how fast a store grows, from what arrived in stretches of time. Pure: no I/O, no clock.
//
// The growth is what arrived in the newest whole week, divided by its time; of a shorter record, in its whole days; of
// less than a day, in all of it. Whole days and weeks, because traffic has a rhythm of days and weeks. The newest ones,
// because it also changes. Where two weeks or more were seen, a burst is left out: up to three days in a row that brought
// more than one and a half times the median, one of them more than two and a half times, that are over, and that came no more
// often than once in two weeks. It says nothing of the days ahead. Of a shorter record nobody can tell a burst from a
// weekly job, so all of it counts.

/** Seconds. */
export const DAY = 86_400;

/** What arrived in a stretch of time. The stretches do not overlap; between them may be time of which nothing is known. */
export interface Step {
  /** Seconds since 1970. */
  from: number;
  to: number;
  /** null: not known. */
  bytes: number | null;
  records: number | null;
}

export interface Growth {
  /** Days that were seen, and the newest of them from which the growth is taken. */
  seenDays: number;
  days: number;
  /** Days left out as bursts. */
  bursts: number;
  /** null: not known. */
  bytesPerDay: number | null;
  recordsPerDay: number | null;
  /** Bytes of each day from which the growth is taken, the oldest first; a burst has the mean of the others. */
  bytesByDay: number[];
}

/** From less time, nobody can say how much a day brings. */
export const LEAST_SECONDS = 3600;
const WEEK_DAYS = 7;
/** More is not looked at. */
const MOST_DAYS = 28;
const BURST = { factor: 2.5, around: 1.5, days: 3, everyDays: 14 };

/** null: less than an hour was seen. */
export function growthOf(steps: readonly Step[]): Growth | null {
  const end = Math.max(...steps.map(({ to }) => to));
  const seen = end - Math.min(...steps.map(({ from }) => from));
  if (!(seen >= LEAST_SECONDS)) return null;
  const whole = Math.min(MOST_DAYS, Math.floor(seen / DAY));
  const bytes = rateOf(steps, (step) => step.bytes, end, whole);
  const records = rateOf(steps, (step) => step.records, end, whole);
  return {
    seenDays: seen / DAY,
    days: whole === 0 ? seen / DAY : Math.min(whole, WEEK_DAYS),
    bursts: (bytes ?? records)?.bursts ?? 0,
    bytesPerDay: bytes?.perDay ?? null,
    recordsPerDay: records?.perDay ?? null,
    bytesByDay: bytes?.byDay ?? [],
  };
}

/** The newest day first. */
interface DaySum {
  amount: number;
  /** Days (less than one) of which something is known. */
  known: number;
}

function rateOf(
  steps: readonly Step[],
  amountOf: (step: Step) => number | null,
  end: number,
  wholeDays: number,
): { perDay: number; byDay: number[]; bursts: number } | null {
  const days = daySums(steps, amountOf, end, Math.max(1, wholeDays));
  const bursts = burstsAmong(days);
  const window = days.slice(0, WEEK_DAYS);
  const isUsed = (day: DaySum) => !bursts.has(day);
  const used = window.filter(isUsed);
  const sum = (of: (day: DaySum) => number) => used.reduce((total, day) => total + of(day), 0);
  const known = sum((day) => day.known);
  if (!(known * DAY >= LEAST_SECONDS)) return null;
  const perDay = sum((day) => day.amount) / known;
  const byDay = window.map((day) => (isUsed(day) && day.known > 0 ? rateOfDay(day) : perDay));
  return { perDay, byDay: byDay.reverse(), bursts: window.length - used.length };
}

/** Spreads each step evenly over its time, and adds up days, back from the end. */
function daySums(
  steps: readonly Step[],
  amountOf: (step: Step) => number | null,
  end: number,
  count: number,
): DaySum[] {
  const days: DaySum[] = Array.from({ length: count }, () => ({ amount: 0, known: 0 }));
  for (const step of steps) {
    const amount = amountOf(step);
    if (amount === null) continue;
    const length = step.to - step.from;
    const newest = Math.max(0, Math.floor((end - step.to) / DAY));
    const oldest = Math.min(count - 1, Math.floor((end - step.from) / DAY));
    for (let day = newest; day <= oldest; day++) {
      const overlap = Math.min(step.to, end - day * DAY) - Math.max(step.from, end - (day + 1) * DAY); // prettier-ignore
      days[day]!.amount += length > 0 ? (amount * overlap) / length : day === newest ? amount : 0;
      days[day]!.known += overlap / DAY;
    }
  }
  return days;
}

/** `days`: the newest first. */
function burstsAmong(days: readonly DaySum[]): Set<DaySum> {
  const rates = days.filter(({ known }) => known > 0).map(rateOfDay);
  const median = rates.sort((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0;
  const stretches: DaySum[][] = [];
  let stretch: DaySum[] = [];
  for (const day of days) {
    const isHigh = rateOfDay(day) > BURST.around * median;
    if (isHigh && stretch.push(day) === 1) stretches.push(stretch);
    if (!isHigh) stretch = [];
  }
  const bursts = stretches.filter((one) => one.some((day) => rateOfDay(day) > BURST.factor * median)); // prettier-ignore
  const isRare = bursts.length <= days.length / BURST.everyDays;
  const isShort = bursts.every((one) => one.length <= BURST.days);
  const isOver = bursts[0]?.[0] !== days[0];
  return new Set(median > 0 && isRare && isShort && isOver ? bursts.flat() : []);
}

function rateOfDay({ amount, known }: DaySum): number {
  return known > 0 ? amount / known : 0;
}
