import { Random } from './random.js';

/**
 * Records as the runtime's serializer writes them: Python's `json`, with `, ` and `: `, `NaN` and
 * `Infinity`, integers beyond 2^53, floats of 17 digits, nested `timestamp` keys, escapes and UTF-8.
 */
export function* records(options: {
  seed: number;
  count: number;
  /** Seconds since 1970 of the first record, and seconds between two. */
  start: number;
  step: number;
  /** Whether some have what only Python's JSON has: NaN, Infinity. Default: yes. */
  odd?: boolean;
}): Generator<string> {
  const random = new Random(options.seed);
  for (let index = 0; index < options.count; index++) {
    const timestamp = pythonFloat(options.start + index * options.step);
    const kind = random.next();
    if (kind < 0.75) yield event(random, timestamp, options.odd ?? true);
    else if (kind < 0.92) yield deadLetter(random, index, timestamp);
    else yield audit(random, timestamp);
  }
}

const REASONS = [
  '"normal"',
  '"shutdown requested"',
  '"crash: ValueError(\'bad \\"input\\"\\\\n\')"',
  '"über-timeout"',
  '"日本語"',
  '"line\\u2028separator"',
  '"tab\\tand\\u0007bell"',
];
const EVENTS = ['ActorStarted', 'ActorStopped', 'ActorRestarted', 'ActorCrashed'];

function event(random: Random, timestamp: string, odd: boolean): string {
  const extra =
    random.chance(0.05) && odd
      ? random.pick([
          ', "ratio": NaN',
          ', "limit": Infinity',
          ', "floor": -Infinity',
          ', "big": 123456789012345678901234567890',
        ])
      : '';
  return `{"kind": "event", "system_id": "local", "actor_address": {"system": "local", "actor_id": ${random.below(500)}}, "event_type": "${random.pick(EVENTS)}", "payload": {"reason": ${random.pick(REASONS)}, "attempt": ${random.below(5)}, "timestamp": "not the record's"${extra}}, "timestamp": ${timestamp}}`;
}

function deadLetter(random: Random, index: number, timestamp: string): string {
  return `{"kind": "dead_letter", "system_id": "local", "target": {"system": "local", "actor_id": ${random.below(500)}}, "message_type": "PaymentRequest", "payload": {"id": ${index}, "amount": ${random.below(100_000) / 100}, "nested": {"timestamp": 1}}, "timestamp": ${timestamp}}`;
}

function audit(random: Random, timestamp: string): string {
  const alive = random.below(500);
  return `{"kind": "audit", "system_id": "local", "timestamp": ${timestamp}, "total_actors": ${alive + random.below(200)}, "alive_actors": ${alive}, "stopping_actors": 0, "restarting_actors": 0, "registry_size": 12, "registry_orphans": [], "registry_dead": [], "dead_letters_count": ${random.below(9)}}`;
}

/** Python's repr of a float: whole numbers keep their `.0`. */
function pythonFloat(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
