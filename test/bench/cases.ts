// All cases, with what papyra holds itself to in some of them.
import type { Case } from './contender.js';
import { DISK_CASES, TWO_GIGABYTES } from './large-cases.js';
import { type LogCase, type LogContender, logCase, PAPYRA } from './log-case.js';
import { AGE, COPY, NOTHING, papyra } from './log-contenders.js';
import { READ_CASES } from './read-cases.js';
import { REDIS_CASES } from './redis-case.js';
import { ROLLING } from './rolling-case.js';

const OTHERS: LogContender[] = [
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
const TAIL: LogContender = {
  name: 'tail -n + sync',
  command: 'tail -n HALF LOG >OUT && sync OUT',
  result: { file: 'OUT', compare: 'bytes' },
};
const COUNT = '--max-records HALF';

/** Ten files, the oldest records in the one with the highest number. */
const SPLIT =
  'split -n l/10 -a 1 -d LOG LOG.part && for n in 0 1 2 3 4 5 6 7 8; do mv LOG.part$n LOG.$((9 - n)); done && mv LOG.part9 LOG';

const LOG_CASES: LogCase[] = [
  {
    name: 'age, half expired',
    contenders: [
      COPY,
      papyra(''),
      papyra('--offline', AGE, { bound: { ratio: 1.7 } }),
      papyra('--in-place', AGE, { compare: 'count', bound: { ratio: 1.4 } }),
      ...OTHERS,
    ],
  },
  { name: 'nothing expired', contenders: [COPY, NOTHING] },
  {
    name: 'count, newest half',
    contenders: [COPY, TAIL, papyra('', COUNT), papyra('--offline', COUNT), papyra('--offline --unreadable drop', COUNT)], // prettier-ignore
  },
  {
    name: 'size, newest half',
    contenders: [COPY, papyra('--offline', '--max-total-bytes BYTES')],
  },
  {
    name: 'a set of ten files, half of it expired',
    before: SPLIT,
    contenders: [
      { name: 'cp + sync', command: 'mkdir OUT && cp LOG* OUT && sync OUT/*' },
      papyra('--offline', `--backend rotating --max-files 10 --max-bytes 1GB ${AGE}`, { compare: 'nothing' }), // prettier-ignore
    ],
  },
  {
    name: 'second run, 1 % appended, in place',
    before: `${PAPYRA} --max-age 1000w && tail -n PERCENT LOG >OUT && cat OUT >>LOG && rm OUT`,
    contenders: [COPY, papyra('--in-place', '--max-age NEARLYs', { compare: 'nothing' })],
  },
  {
    name: 'timestamps in any order',
    shape: 'shuffled',
    contenders: [COPY, papyra('--offline', AGE, { bound: { ratio: 2.3 } })],
  },
  {
    name: 'shapes that defeat templates',
    shape: 'hostile',
    contenders: [COPY, papyra('--offline', AGE, { bound: { ratio: 2.4 } })],
  },
  {
    name: 'four lines of 100 MB',
    shape: 'long',
    contenders: [COPY, papyra('--offline', '--max-records 2')],
  },
  {
    name: '1000 records',
    records: 1000,
    contenders: [{ name: 'node -e 0', command: 'node -e 0' }, papyra('--offline', AGE, { bound: { ratio: 1.5 } }), papyra('')], // prettier-ignore
  },
];

export const CASES: Case[] = [
  ...[...LOG_CASES, ...READ_CASES, TWO_GIGABYTES].map(logCase),
  ROLLING,
  ...DISK_CASES.map(logCase),
  ...REDIS_CASES,
];
