// Computes the start times of a job, and writes them for cron and systemd.
const HOUR = 3600;
const DAY = 86_400;
const WEEK = 604_800;

/** At `first`, and at each `step` after it up to `last`; step 0: only at `first`. */
interface Field {
  first: number;
  step: number;
  last: number;
}

export interface Times {
  minute: Field;
  hour: Field;
  /** 0: Sunday; null: every day. */
  weekday: number | null;
}

/**
 * `seed` makes the times of jobs differ, so that not all start at the full hour. Runs once a day or less start at
 * night, from 3 o'clock on: a clock change skips or repeats an earlier hour.
 */
export function timesFor(everySeconds: number, seed: number): Times {
  const minutes = everySeconds < HOUR ? everySeconds / 60 : 0;
  const hours = everySeconds < HOUR ? 1 : everySeconds < DAY ? everySeconds / HOUR : 0;
  const high = Math.floor(seed / 60);
  return {
    minute: { first: seed % (minutes || 60), step: minutes, last: 59 },
    hour: { first: hours === 0 ? 3 + (high % 3) : high % hours, step: hours, last: 23 },
    weekday: everySeconds < WEEK ? null : Math.floor(high / 3) % 7,
  };
}

/** The five fields of cron: `17 2-23/6 * * *`. */
export function cronFields({ minute, hour, weekday }: Times): string {
  const field = ({ first, step, last }: Field) =>
    step === 0 ? `${first}` : step === 1 ? '*' : `${first}-${last}/${step}`;
  return `${field(minute)} ${field(hour)} * * ${weekday ?? '*'}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The same for systemd: `*-*-* 02/6:17:00`. */
export function onCalendar({ minute, hour, weekday }: Times): string {
  const field = ({ first, step }: Field) => {
    const start = String(first).padStart(2, '0');
    return step === 0 ? start : step === 1 ? '*' : `${start}/${step}`;
  };
  const day = weekday === null ? '' : `${DAYS[weekday]!} `;
  return `${day}*-*-* ${field(hour)}:${field(minute)}:00`;
}
