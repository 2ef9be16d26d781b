/** A system whose every behaviour is to be looked at. */
export interface Model<State> {
  initial: State;
  /** Everything that can happen next, each in words. */
  next(state: State): readonly Move<State>[];
  /** Equal for states that behave alike. */
  key(state: State): string;
  /** What is wrong with a state, if anything. */
  violation(state: State): string | undefined;
  /** Whether the work is done. From everywhere this must be within reach, with no more faults. */
  settled(state: State): boolean;
  describe(state: State): string;
}

export interface Move<State> {
  words: string;
  state: State;
  /** Nobody may count on it: a fault, or a bad turn of events. */
  fault?: boolean;
}

export interface Exploration {
  states: number;
  depth: number;
  ms: number;
  /** False when the bound was reached: then nothing is proven. */
  complete: boolean;
  violation: string | undefined;
  /** The shortest way to the violation, a line a move. */
  trace: string[];
  /** Every kind of move that was made, to see that a run was not empty. */
  moves: Set<string>;
}

/** Breadth first, so that the first violation found has the shortest trace. */
export function explore<State>(model: Model<State>, max: number): Exploration {
  const begun = performance.now();
  const seen = new Map<string, number>();
  const parents: number[] = [-1];
  const moves = new Set<string>();
  const ways = new Ways();
  seen.set(model.key(model.initial), 0);
  let level: { state: State; index: number }[] = [{ state: model.initial, index: 0 }];
  let depth = 0;

  const finish = (complete: boolean, violation?: string, index = -1): Exploration => ({
    states: seen.size,
    depth,
    ms: Math.round(performance.now() - begun),
    complete,
    violation,
    trace: violation === undefined ? [] : retrace(model, [...seen.keys()], parents, index),
    moves,
  });

  const first = model.violation(model.initial);
  if (first !== undefined) return finish(true, first, 0);
  while (level.length > 0) {
    const following: typeof level = [];
    for (const { state, index } of level) {
      const options = model.next(state);
      if (model.settled(state)) ways.settle(index);
      for (const move of options) {
        moves.add(move.words);
        const key = model.key(move.state);
        const known = seen.get(key);
        const at = known ?? seen.size;
        if (move.fault !== true) ways.add(index, at);
        if (known !== undefined) continue;
        seen.set(key, at);
        parents.push(index);
        const wrong = model.violation(move.state);
        if (wrong !== undefined) {
          depth += 1;
          return finish(true, wrong, at);
        }
        following.push({ state: move.state, index: at });
      }
      if (seen.size > max) return finish(false);
    }
    level = following;
    if (level.length > 0) depth += 1;
  }
  const lost = ways.firstLost(seen.size);
  if (lost >= 0) return finish(true, 'the work cannot come to an end any more', lost);
  return finish(true);
}

/** The moves backwards, to find states from which the end cannot be reached. */
class Ways {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #settled: number[] = [];

  add(from: number, to: number): void {
    this.#from.push(from);
    this.#to.push(to);
  }

  settle(index: number): void {
    this.#settled.push(index);
  }

  /** The nearest state that is lost; -1: there is none. */
  firstLost(states: number): number {
    const reached = new Uint8Array(states);
    const [starts, sources] = this.#backwards(states);
    const open = [...this.#settled];
    for (const index of open) reached[index] = 1;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (let way = starts[at] ?? 0; way < (starts[at + 1] ?? 0); way += 1) {
        const source = sources[way] ?? 0;
        if (reached[source] === 1) continue;
        reached[source] = 1;
        open.push(source);
      }
    }
    return reached.indexOf(0);
  }

  /** For each state, where `sources` begins to list the states before it. */
  #backwards(states: number): [starts: Uint32Array, sources: Uint32Array] {
    const starts = new Uint32Array(states + 1);
    for (const to of this.#to) starts[to + 1] = (starts[to + 1] ?? 0) + 1;
    for (let at = 0; at < states; at += 1)
      starts[at + 1] = (starts[at + 1] ?? 0) + (starts[at] ?? 0);
    const next = starts.slice();
    const sources = new Uint32Array(this.#to.length);
    this.#to.forEach((to, way) => {
      const at = next[to] ?? 0;
      sources[at] = this.#from[way] ?? 0;
      next[to] = at + 1;
    });
    return [starts, sources];
  }
}

/** States are not kept, only their keys: walks the way again and tells it. */
function retrace<State>(
  model: Model<State>,
  keys: readonly string[],
  parents: readonly number[],
  end: number,
): string[] {
  const way: number[] = [];
  for (let at = end; at > 0; at = parents[at] ?? -1) way.unshift(at);
  let state = model.initial;
  const told = [`start: ${model.describe(state)}`];
  for (const at of way) {
    const move = model.next(state).find((option) => model.key(option.state) === keys[at]);
    if (move === undefined) throw new Error('the model is not deterministic');
    state = move.state;
    told.push(`${move.words}: ${model.describe(state)}`);
  }
  return told;
}
