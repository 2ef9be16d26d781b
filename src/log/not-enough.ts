// Words the error for a run that cannot free enough: what could be freed, what holds the rest, and what to do.
import { PapyraError } from '../errors/errors.js';
import { durationText } from '../units/units.js';
import type { FreeRule, RetentionRules } from '../retention/policy.js';
import type { FreeChoice } from './free.js';
import type { Holding } from './old-end.js';
import { isoTime } from './report.js';

/** What is known of the file at which the search for more ended. */
export type LastChoice = Pick<FreeChoice, 'young' | 'pinned' | 'refusals' | 'isRefused'> & {
  /** The file, for messages. */
  name: string;
};

/** `most`: bytes that could be freed in all. */
export function notEnough(
  target: string,
  rules: RetentionRules & { free: FreeRule },
  most: number,
  last: LastChoice | undefined,
): PapyraError {
  const { bytes } = rules.free;
  const failed = `cannot free ${bytes} bytes of ${target}`;
  const amount = most > 0 ? `at most ${most} can be freed` : 'nothing can be freed';
  const { pinned, young, refusals = [], isRefused = false } = last ?? {};
  const others = refusals.map(({ message }) => message).join('; ');
  if (isRefused && !pinned) {
    const { code, hint } = refusals.at(-1)!;
    return new PapyraError(code, `${failed}: ${others}`, {
      hint: most > 0 ? `ask for --free ${most}, or ${hint ?? 'run again'}` : (hint ?? 'run again'),
      freeable: most,
    });
  }
  const why = [
    pinned && `${lineOf(pinned, last!.name)} stays, and in place nothing behind it can go`,
    young && youngOf(young, last!.name, rules),
    pinned || most === 0 ? others : '',
    pinned || young ? '' : 'there is no more that may go',
  ];
  return new PapyraError('refused', `${failed}: ${amount}; ${why.filter(Boolean).join('; ')}`, {
    hint: remedy(rules, most, pinned, young),
    freeable: most,
  });
}

function lineOf({ kind, at }: Holding, name: string): string {
  return `the ${kind} line at byte ${at} of ${name}`;
}

function youngOf({ at, timestamp }: Holding, name: string, rules: RetentionRules): string {
  const record = `the record at byte ${at} of ${name} (${isoTime(timestamp)})`;
  const is = timestamp > rules.now ? 'dated ahead' : `younger than --min-age ${durationText(rules.free!.minAgeSeconds)}`; // prettier-ignore
  return `${record} is ${is}, and nothing behind it goes`;
}

function remedy(
  { free, now }: RetentionRules,
  most: number,
  pinned: Holding | undefined,
  young: Holding | undefined,
): string {
  const less = most > 0 ? `ask for less (--free ${most})` : '';
  const odd = pinned && `let such lines go with --${pinned.kind} drop`;
  const isAhead = young && young.timestamp > now;
  const lower = young && !isAhead && free!.minAgeSeconds > 0 ? 'lower --min-age' : '';
  const other = isAhead
    ? 'compact by --max-records or --max-total-bytes, which ask for no time'
    : '';
  const ways = [less, odd, lower, other].filter(Boolean);
  return `nothing was done; ${ways.join(', or ') || 'free space elsewhere'}`;
}
