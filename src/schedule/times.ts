const HOUR = 3600;
const DAY = 86_400;
const WEEK = 604_800;

/** At `first` and each `step` after it, up to `last`; a step of 0: at `first` alone. */
interface Field {
  first: number;
  step: number;
  last: number;
}

/** When the runs of a job start. */
export interface Times {
  minute: Field;
  hour: Field;
  /** 0 is Sunday; null: each day. */
  weekday: number | null;
}

/**
 * Start times for an interval. They differ from job to job, by `seed`, so that not all of them start at the
 * full hour. Once a day or less means at night, clear of the hour that the clock change skips or repeats.
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
