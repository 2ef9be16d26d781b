// The case of a large log with an index: it is not copied for each run, for it stays the same in size. Before each
// run as much is appended as the run removes.
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Batch } from './batch.js';
import { measured, PAPYRA_BIN, settle, shell } from './command.js';
import type { Bench, Case, Contender, Trial } from './contender.js';
import { grouped, megabytes } from './text.js';
import { START } from './data.js';
import { forgetFreshLog } from './fresh-log.js';
import { RECORD } from './log-case.js';

const TIMES = 41;

export const ROLLING: Case = {
  name: '10 GB with an index, 1 % appended, 1 % goes, in place',
  group: 'large',
  hasBound: true,
  rounds: 3,
  again: 1,
  // The log and its copy.
  room: ({ records }) => records * TIMES * RECORD * 2.1,
  open,
};

/** In place whole blocks go: of less nothing is asked. */
const SOME_BLOCKS = 1 << 16;

function open(bench: Bench): Trial {
  forgetFreshLog();
  const directory = join(bench.directory, 'work');
  mkdirSync(directory);
  const log = new RollingLog(join(directory, 'log.ndjson'), bench);
  const compact = `node ${PAPYRA_BIN} persistence compact --path ${log.path}`;
  shell(`${compact} --max-age 1000w`, directory);
  const copying: Contender = {
    name: 'cp + sync',
    isPapyra: false,
    prepare: () => settleAll(directory),
    run: () => measured('cp log.ndjson out && sync out', directory),
  };
  let before = 0;
  const removing: Contender = {
    name: 'papyra --in-place',
    isPapyra: true,
    bound: { ratio: 0.05 },
    prepare() {
      log.roll();
      settleAll(directory);
      before = statSync(log.path).size;
    },
    run: () => measured(`${compact} --max-age ${log.age()}s --in-place`, directory),
    check() {
      const gone = before - statSync(log.path).size;
      const expected = log.percent * RECORD * 0.8;
      if (gone < expected && expected > SOME_BLOCKS) throw new Error(`only ${gone} bytes went`);
    },
  };
  return {
    contenders: [copying, removing],
    missing: [],
    subject: `${grouped(log.count)} records, ${megabytes(log.bytes)}, not in the page cache`, // prettier-ignore
    close: () => rmSync(directory, { recursive: true }),
  };
}

/** The page cache may be too small for the log: each run finds nothing of it there. */
function settleAll(directory: string): void {
  shell('rm -f out', directory);
  settle(directory, 'log.ndjson', true);
}

class RollingLog {
  readonly count: number;
  readonly percent: number;
  readonly bytes: number;
  readonly #batch: Batch;
  #removed = 0;

  constructor(
    readonly path: string,
    bench: Bench,
  ) {
    this.count = bench.records * TIMES;
    this.percent = Math.floor(this.count / 100);
    this.#batch = new Batch(bench.seed, this.count);
    this.bytes = this.#append(0, this.count);
  }

  /** Appends a percent; as much is too old from now on. */
  roll(): void {
    this.#append(this.count + this.#removed, this.percent);
    this.#removed += this.percent;
  }

  /** In seconds, of the oldest record that stays. */
  age(): number {
    return Math.round(Date.now() / 1000 - (START + this.#removed));
  }

  #append(from: number, count: number): number {
    const fd = openSync(this.path, 'a');
    const bytes = this.#batch.write(fd, count, START + from);
    closeSync(fd);
    return bytes;
  }
}
