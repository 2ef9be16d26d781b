import type { Shape } from './data.js';

export interface Contender {
  name: string;
  /** A shell command; LOG, OUT, CUTOFF and HALF are filled in. It reads LOG and leaves its result in OUT or LOG. */
  command: string;
  /** Where the result is, and how it is compared: byte by byte, or by the number of records. */
  result?: { file: 'LOG' | 'OUT'; compare: 'bytes' | 'count' };
  /** The program that must be there. */
  needs?: string;
}

export interface Case {
  name: string;
  shape: Shape;
  /** Of how many records; undefined: what was asked for. */
  records?: number;
  /** Done to the fresh log before the clock starts, not counted. */
  before?: string;
  contenders: Contender[];
}

const PAPYRA = 'node BIN persistence compact --path LOG';
const COPY: Contender = { name: 'cp + sync', command: 'cp LOG OUT && sync OUT' };
const papyra = (name: string, flags: string, compare: 'bytes' | 'count' = 'bytes'): Contender => ({
  name: `papyra${name}`,
  command: `${PAPYRA} ${flags}`,
  result: { file: 'LOG', compare },
});

/** The cutoff as an age, counted back from now. */
const AGE = '--max-age AGEs';

const OTHERS: Contender[] = [
  {
    name: 'jq',
    needs: 'jq',
    command: `jq -Rr 'select((fromjson | .timestamp) >= CUTOFF)' LOG >OUT && sync OUT`,
    result: { file: 'OUT', compare: 'bytes' },
  },
  {
    name: 'mlr',
    needs: 'mlr',
    command: `mlr --ijsonl --ojsonl filter '$timestamp >= CUTOFF' LOG >OUT && sync OUT`,
    result: { file: 'OUT', compare: 'count' },
  },
  {
    name: 'DuckDB',
    needs: '@duckdb/node-api',
    command: 'node DUCKDB LOG CUTOFF OUT && sync OUT',
    result: { file: 'OUT', compare: 'count' },
  },
];
const TAIL: Contender = {
  name: 'tail -n + sync',
  command: 'tail -n HALF LOG >OUT && sync OUT',
  result: { file: 'OUT', compare: 'bytes' },
};

/** Ten files, the oldest records in the one with the highest number. */
const SPLIT =
  'split -n l/10 -a 1 -d LOG LOG.part && for n in 0 1 2 3 4 5 6 7 8; do mv LOG.part$n LOG.$((9 - n)); done && mv LOG.part9 LOG';

export const CASES: Case[] = [
  {
    name: 'age, half expired',
    shape: 'plain',
    contenders: [COPY, papyra('', AGE), papyra(' --offline', `${AGE} --offline`), papyra(' --in-place', `${AGE} --in-place`, 'count'), ...OTHERS], // prettier-ignore
  },
  { name: 'nothing expired', shape: 'plain', contenders: [COPY, papyra('', '--max-age 1000w')] },
  {
    name: 'count, newest half',
    shape: 'plain',
    contenders: [COPY, TAIL, papyra('', '--max-records HALF'), papyra(' --offline', '--max-records HALF --offline'), papyra(' --offline --unreadable drop', '--max-records HALF --offline --unreadable drop')], // prettier-ignore
  },
  {
    name: 'size, newest half',
    shape: 'plain',
    contenders: [COPY, papyra(' --offline', '--max-total-bytes BYTES --offline', 'count')],
  },
  {
    name: 'shuffled timestamps',
    shape: 'shuffled',
    contenders: [COPY, papyra(' --offline', `${AGE} --offline`, 'count')],
  },
  {
    name: 'shapes that defeat templates',
    shape: 'hostile',
    contenders: [COPY, papyra(' --offline', `${AGE} --offline`)],
  },
  {
    name: 'four lines of 100 MB',
    shape: 'long',
    contenders: [COPY, papyra(' --offline', '--max-records 2 --offline', 'count')],
  },
  {
    name: 'small file',
    shape: 'plain',
    records: 1000,
    contenders: [COPY, { name: 'node -e 0', command: 'node -e 0' }, papyra('', AGE), papyra(' --offline', `${AGE} --offline`)], // prettier-ignore
  },
  {
    name: 'rotating set of ten files, half of it expired',
    shape: 'plain',
    before: SPLIT,
    contenders: [{ name: 'cp + sync of the set', command: 'mkdir OUT && cp LOG* OUT && sync OUT/*' }, { name: 'papyra --offline', command: `${PAPYRA} --backend rotating --max-files 10 --max-bytes 1GB ${AGE} --offline` }], // prettier-ignore
  },
  {
    name: 'second run, 1 % appended, in place',
    shape: 'plain',
    before: `${PAPYRA} --max-age 1000w && tail -n PERCENT LOG >OUT && cat OUT >>LOG`,
    contenders: [
      COPY,
      { ...papyra(' --in-place', '--max-age NEARLYs --in-place'), result: undefined },
    ],
  },
];
