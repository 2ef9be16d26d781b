// The numbers of one run of the benchmarks, as the JSON file has them: the tables are made of them.
import type { Bound, Figures, Group } from './contender.js';
import type { Conditions } from './machine.js';
import type { Measured, Result } from './rounds.js';

export interface Row {
  contender: string;
  figures: Figures;
  /** Held against the first row of the case: the median of the rounds, and both ends. */
  ratio: { median: number; lowest: number; highest: number };
  /** Of papyra, over what Node alone takes. */
  over_node_mib?: number;
  /** What was bound, and whether it held. */
  bounds: { at_most: string; measured: string; holds: boolean }[];
}

export interface CaseResult {
  name: string;
  group: Group;
  subject: string;
  rounds: number;
  attempts: number;
  conditions: Conditions;
  rows: Row[];
}

export interface Document {
  machine: string;
  started_at: string;
  records: number;
  seed: number;
  cold: boolean;
  /** Peak memory of `node -e 0`. */
  node_mib: number;
  cases: CaseResult[];
  /** What did not run, and why. */
  left_out: { case: string; contender?: string; why: string }[];
}

/** papyra's own promise, whatever the log. */
const MIB_OVER_NODE = 64;

export function rowsOf({ results }: Measured, nodeMib: number): Row[] {
  return results.map((result) => rowOf(result, nodeMib));
}

function rowOf(result: Result, nodeMib: number): Row {
  const { contender, figures, ratio } = result;
  const bounds: Row['bounds'] = [];
  if (contender.bound !== undefined) bounds.push(judged(contender.bound, result));
  const row = { contender: contender.name, figures, ratio, bounds };
  if (!contender.isPapyra || figures.peak_mib === undefined) return row;
  const over = figures.peak_mib - nodeMib;
  bounds.push({
    at_most: `${MIB_OVER_NODE} MiB over Node`,
    measured: `${over.toFixed(0)} MiB`,
    holds: over <= MIB_OVER_NODE,
  });
  return { ...row, over_node_mib: over };
}

function judged(bound: Bound, { ratio, more }: Result): Row['bounds'][number] {
  if ('ratio' in bound) {
    const { median } = ratio;
    return { at_most: `${bound.ratio} × first`, measured: `${median.toFixed(3)} ×`, holds: median <= bound.ratio }; // prettier-ignore
  }
  const measured = `first ${more < 0 ? '−' : '+'} ${Math.abs(more).toFixed(3)} s`;
  return { at_most: `first + ${bound.more} s`, measured, holds: more <= bound.more };
}
