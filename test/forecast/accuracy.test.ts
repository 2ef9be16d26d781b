import { describe, expect, test } from 'vitest';
import type { Room } from '../../src/forecast/forecast.js';
import type { Step } from '../../src/forecast/growth.js';
import { forecastFor } from '../../src/metrics/forecast.js';
import { HISTORY_LENGTH } from '../../src/metrics/state.js';
import type { RetentionPolicy } from '../../src/retention/policy.js';
import { Random, testSeed } from '../support/random.js';
import { arrivals, DAY, live, rateOf, START, TICK, TRAFFIC, type Traffic, type World } from './worlds.js'; // prettier-ignore

const NO_LIMIT: RetentionPolicy = { max_age_seconds: null, max_records: null, max_total_bytes: null }; // prettier-ignore
const PER_DAY = DAY / TICK;
const SEEDS = process.env['PAPYRA_SOAK'] === '1' ? 400 : 60;

/** What is compared: the number of the forecast, and what became of the store. */
interface Outcome {
  growth: number;
  full: number | null;
  level: number | null;
}

function forecast(world: World, seen: ReturnType<typeof live>, room: Room, arrived?: Step[]) {
  return forecastFor({
    now: START + world.now * TICK,
    policy: world.policy,
    history: arrived ? [] : seen.runs.slice(-HISTORY_LENGTH),
    last: null,
    usage: seen.size,
    room,
    arrivals: arrived,
  });
}

/** The relative error, with its sign. */
function off(found: number, truth: number): number {
  return found / truth - 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** A store that was watched for 10 to 60 days, then goes on for 14. */
function outcomeOf(traffic: Traffic, random: Random, source: 'runs' | 'timestamps'): Outcome {
  // Enough to tell a burst from a weekly job.
  const days = (traffic === 'bursts' ? 18 : 10) + random.below(40);
  const ahead = 14;
  // Runs two days apart smear a burst over up to five days: it is then taken for traffic.
  const every = random.pick([PER_DAY / 4, PER_DAY / 2, PER_DAY, ...(traffic === 'bursts' ? [] : [PER_DAY * 2])]); // prettier-ignore
  const rate = rateOf(traffic, random, days);
  const arrived = arrivals(rate, random, (days + ahead) * PER_DAY);
  const now = days * PER_DAY;
  const limited = random.chance(0.5);
  // From the timestamps of a log that holds a few days, nobody can see the rhythm of a week, or what is a burst.
  const long = source === 'timestamps' ? { weekly: 7, bursts: 30 } : {};
  const age = ((long as Partial<Record<Traffic, number>>)[traffic] ?? random.pick([2, 3, 5, 7])) * DAY; // prettier-ignore
  const policy = limited ? { ...NO_LIMIT, max_age_seconds: age } : NO_LIMIT;
  const world = { arrived, now, policy, every };
  const seen = live(world, now);
  const coming = arrived.slice(now, now + 7 * PER_DAY);
  const truth = sum(coming) / 7;
  // It has room for five to ten days of what really comes.
  const room: Room = { of: 'disk', free: sum(arrived.slice(now, now + (5 + random.below(6)) * PER_DAY)), total: 1e15, copy: false }; // prettier-ignore
  const steps = source === 'timestamps' ? timesOf(world, seen.first) : undefined;
  const found = forecast(world, seen, room, steps);
  const later = live(world, arrived.length);
  const fullAt = later.sizes.findIndex((size, at) => at >= now && size - seen.size > room.free);
  const truly = (fullAt - now) / PER_DAY;
  // Without runs it is not known how much comes from one to the next.
  const peaks = later.sizes.slice(now, now + 7 * PER_DAY).map((size, at) => {
    const [last] = steps ? [(now + at) % every] : [0];
    return size - sum(arrived.slice(now + at - last, now + at));
  });
  // While a burst is in the store, it is larger than its level.
  const hasLevel = limited && traffic !== 'bursts';
  return {
    growth: off(found.bytes_per_day!, truth),
    full: limited || !found.full ? null : off(found.full.in_days, truly),
    level: hasLevel && found.levels_off ? off(found.levels_off.bytes, Math.max(...peaks)) : null,
  };
}

/** The log as 96 places of it tell. */
function timesOf({ arrived, now }: World, first: number): Step[] {
  const total = sum(arrived.slice(first, now));
  const steps: Step[] = [];
  let [bytes, from] = [0, first];
  for (let tick = first; tick < now; tick++) {
    bytes += arrived[tick]!;
    if (bytes < total / 96 && tick < now - 1) continue;
    steps.push({ from: START + from * TICK, to: START + (tick + 1) * TICK, bytes, records: null });
    [bytes, from] = [0, tick + 1];
  }
  return steps;
}

/** `median 2 %, 95 of 100 within 9 %, worst 14 %`, in absolute terms. */
function spread(errors: readonly (number | null)[]) {
  const sorted = errors.filter((one) => one !== null).map(Math.abs).sort((a, b) => a - b); // prettier-ignore
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0; // prettier-ignore
  return { count: sorted.length, median: at(0.5), p95: at(0.95), worst: sorted.at(-1) ?? 0 };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

describe.each(['runs', 'timestamps'] as const)('a forecast from %s', (source) => {
  test.each(TRAFFIC)('is within a fifth of what comes, with %s traffic', (traffic) => {
    const seed = testSeed(`forecast ${source} ${traffic}`);
    const outcomes = Array.from({ length: SEEDS }, (_, at) =>
      outcomeOf(traffic, new Random(seed + at), source),
    );
    for (const what of ['growth', 'full', 'level'] as const) {
      const { count, median, p95, worst } = spread(outcomes.map((outcome) => outcome[what]));
      console.log(`  ${source} ${traffic} ${what}: ${count} stores, median ${percent(median)}, 95 of 100 within ${percent(p95)}, worst ${percent(worst)}`); // prettier-ignore
      // A disk that is full just before or just after a quiet weekend: two days of six, for a few bytes.
      const isOnEdge = traffic === 'weekly' && what === 'full';
      expect(isOnEdge ? p95 : worst, `${what} with ${traffic} traffic`).toBeLessThan(0.2);
    }
  });
});
