// Keeps the metrics of a store in a hash of its Redis server, one field for each counter and each value.
// An update changes the fields in one transaction: runs of several hosts add up, and a crash leaves all or nothing.
import type { SharedHash } from '../backends/backend.js';
import { changeOf } from './run.js';
import { freshState, HISTORY_LENGTH, type MetricsState } from './state.js';
import type { MetricsStore } from './store.js';
import { parseState, writeState } from './stored-form.js';

type Fields = Record<string, string>;

export function hashMetrics(hash: SharedHash): MetricsStore {
  return {
    read: async () => {
      const { state, broken } = load(await hash.read());
      if (broken === undefined) return { state };
      const warning = `the metrics ${hash.name} cannot be read (${broken}); the next run begins anew`;
      return { state: null, warning };
    },
    record: async (run) => {
      let warning: string | undefined;
      await hash.update((fields) => {
        const { state, broken } = load(fields);
        warning =
          broken && `the metrics ${hash.name} could not be read (${broken}): counting starts anew`;
        const { increments, values, entry } = changeOf(run, state);
        const history = [...(state?.history ?? []), entry].slice(-HISTORY_LENGTH);
        if (state) return { add: increments, set: textsOf({ ...values, history }) };
        const begun = { ...freshState(new Date()), ...values, history };
        return { add: increments, set: { ...zeros(), ...textsOf(begun) } };
      });
      return warning;
    },
    noteHook: async (last_hook_failure) => {
      await hash.update(() => ({ add: {}, set: textsOf({ last_hook_failure }) }));
      return undefined;
    },
    reset: async () => {
      await hash.update((fields) => {
        const { records_left = null, last_success = null } = load(fields).state ?? {};
        const begun = { ...freshState(new Date()), records_left, last_success };
        return { add: {}, set: { ...zeros(), ...textsOf(begun) } };
      });
      return undefined;
    },
  };
}

function zeros(): Fields {
  const names = Object.keys(freshState(new Date(0)).counters);
  return Object.fromEntries(names.map((name) => [name, '0']));
}

/** Each value as JSON, without the counters, which are written as numbers. */
function textsOf(values: Partial<MetricsState>): Fields {
  const others = Object.entries(values).filter(([name]) => name !== 'counters');
  return Object.fromEntries(others.map(([name, value]) => [name, JSON.stringify(value)]));
}

function load(fields: Fields): { state: MetricsState | null; broken?: string } {
  // The hash also remembers where the last archive went.
  if (Object.keys(fields).every((name) => name === 'archive')) return { state: null };
  try {
    const { counters, ...others } = freshState(new Date(0));
    const valueOf = (name: string) => JSON.parse(fields[name] ?? 'null') as unknown;
    const document: object = {
      ...Object.fromEntries(Object.keys(others).map((name) => [name, valueOf(name)])),
      counters: Object.fromEntries(Object.keys(counters).map((name) => [name, valueOf(name)])),
    };
    const { state = null, broken } = parseState(writeState(document as MetricsState));
    return broken === undefined ? { state } : { state, broken };
  } catch {
    return { state: null, broken: 'a field is not JSON' };
  }
}
