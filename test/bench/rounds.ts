// Measures contenders in rounds, and again where the rounds do not agree.
import type { Contender, Figures } from './contender.js';
import { unlessStopped } from './stop.js';

/** What a contender took in all rounds. */
export interface Result {
  contender: Contender;
  /** Medians; of the memory the most. */
  figures: Figures;
  /** Held against the first contender of the same round. */
  ratio: { median: number; lowest: number; highest: number };
  /** Seconds more than the first contender: the median of the rounds. */
  more: number;
}

export interface Measured {
  results: Result[];
  attempts: number;
}

/** Ratios that lie further apart than this share of their median are noise. */
const CALM = 1 / 3;

/** Measures at most `1 + again` times, and keeps the attempt whose rounds agree best. */
export async function measure(
  contenders: Contender[],
  options: { rounds: number; again: number; say: (text: string) => void },
): Promise<Measured> {
  let best: Result[] | undefined;
  let attempts = 0;
  while (attempts <= options.again) {
    const results = await attempt(contenders, options.rounds, attempts === 0);
    attempts += 1;
    if (best === undefined || spreadOf(results) < spreadOf(best)) best = results;
    const noisy = results.find((result) => spread(result) > CALM);
    if (noisy === undefined) break;
    const { lowest, highest } = noisy.ratio;
    const next = attempts <= options.again ? 'measured again' : 'the calmest attempt counts';
    options.say(`${noisy.contender.name}: ${lowest.toFixed(2)} to ${highest.toFixed(2)} × the first, more than a third apart: ${next}`); // prettier-ignore
  }
  return { results: best!, attempts };
}

const spread = ({ ratio }: Result): number => (ratio.highest - ratio.lowest) / ratio.median;

const spreadOf = (results: Result[]): number => Math.max(...results.map(spread));

async function attempt(
  contenders: Contender[],
  rounds: number,
  checks: boolean,
): Promise<Result[]> {
  const taken = new Map(contenders.map((contender) => [contender, [] as Figures[]]));
  // A round before the first one warms up.
  for (let round = 0; round <= rounds; round++) {
    // None always comes after the same other one.
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      await unlessStopped();
      await contender.prepare();
      const figures = await contender.run();
      if (round > 0) taken.get(contender)!.push(figures);
      else if (checks) await contender.check?.();
    }
  }
  const first = taken.get(contenders[0]!)!;
  return contenders.map((contender) => resultOf(contender, taken.get(contender)!, first));
}

function resultOf(contender: Contender, all: Figures[], first: Figures[]): Result {
  const ratios = all.map(({ seconds }, round) => seconds / first[round]!.seconds);
  const more = all.map(({ seconds }, round) => seconds - first[round]!.seconds);
  const names = Object.keys(all[0]!) as (keyof Figures)[];
  const figures = names.map((name) => {
    const values = all.map((one) => one[name]!);
    return [name, name === 'peak_mib' ? Math.max(...values) : median(values)] as const;
  });
  return {
    contender,
    figures: Object.fromEntries(figures) as unknown as Figures,
    ratio: { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) },
    more: median(more),
  };
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
