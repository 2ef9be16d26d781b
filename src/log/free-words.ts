// Words the way in which a run frees space: what is done to which file, and why in no milder way.
import type { FreeChoice } from './free.js';

type Chosen = Pick<FreeChoice, 'action' | 'refusals' | 'pinned'> & { name: string };

const DONE: Record<Exclude<FreeChoice['action'], 'unchanged'>, string> = {
  removed: 'emptied',
  collapsed: 'in place, without a copy',
  rewritten: 'a rewrite, for which there is room',
};

/** `chosen`: the oldest first. */
export function wayText(chosen: readonly Chosen[]): string {
  return chosen
    .flatMap((one) =>
      one.action === 'unchanged' ? [] : `${one.name}: ${DONE[one.action]}${why(one)}`,
    ) // prettier-ignore
    .join('; ');
}

/** In place comes first, so only of another way it is to be said why not in place. */
function why({ action, refusals, pinned }: Chosen): string {
  if (action !== 'rewritten') return '';
  const [refusal] = refusals;
  if (refusal) return ` (${refusal.message})`;
  return pinned ? ` (in place the ${pinned.kind} line at byte ${pinned.at} would hold it)` : '';
}
