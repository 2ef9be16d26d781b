// npm run bench -- [--records 1000000] [--rounds 5] [--seed 1] [--only WORD] [--json FILE] [--keep]
// Runs papyra and each peer that is here in turn, on fresh copies of the same log, and compares results.
import { execaSync } from 'execa';
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { ROOT } from '../support/papyra.js';
import { CASES, type Case, type Contender } from './cases.js';
import { cutoff, nearlyAll, writeLog } from './data.js';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    json: { type: 'string', default: join(tmpdir(), 'papyra-bench.json') },
  },
});
const rounds = Number(values.rounds);
const directory = mkdtempSync(join(tmpdir(), 'papyra-bench-'));
const [log, out, fresh] = ['log.ndjson', 'out', 'fresh'].map((name) => join(directory, name)) as [string, string, string]; // prettier-ignore

interface Row {
  case: string;
  contender: string;
  median_seconds: number;
  min_seconds: number;
  ratio: number;
  megabytes_per_second: number;
  peak_rss_mib: number;
}

function isHere({ needs }: Contender): boolean {
  if (needs === undefined) return true;
  if (!needs.startsWith('@')) return execaSync('which', [needs], { reject: false }).exitCode === 0;
  try {
    createRequire(import.meta.url).resolve(needs);
    return true;
  } catch {
    return false;
  }
}

function filled(command: string, count: number): string {
  const now = Date.now() / 1000;
  const half = Math.floor(count / 2);
  const words: Record<string, string> = {
    LOG: log,
    OUT: out,
    BIN: join(ROOT, 'bin/papyra.js'),
    DUCKDB: join(ROOT, 'test/bench/duckdb.mjs'),
    CUTOFF: String(cutoff(count)),
    AGE: String(Math.round(now - cutoff(count))),
    NEARLY: String(Math.round(now - nearlyAll(count))),
    HALF: String(count - half),
    PERCENT: String(Math.floor(count / 100)),
    BYTES: String(Math.floor(statSync(fresh).size / 2)),
  };
  return command.replace(/\b[A-Z]{3,}(?=\b|s\b)/g, (word) => words[word] ?? word);
}

function shell(command: string): void {
  execaSync('sh', ['-c', command]);
}

function measure(command: string): { seconds: number; kib: number } {
  const { stdout } = execaSync('python3', [join(ROOT, 'test/bench/measure.py'), command], {
    // Where no configuration is, as the peers have none.
    cwd: directory,
  });
  const [seconds, kib] = stdout.split(' ').map(Number) as [number, number];
  return { seconds, kib };
}

/** What a result is, in a word: of the bytes, or of how many records there are. */
async function fingerprint({ result }: Contender): Promise<string | undefined> {
  if (!result) return undefined;
  const hash = createHash('sha256');
  let lines = 0;
  let head = true;
  for await (const chunk of createReadStream(result.file === 'LOG' ? log : out)) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1;
    // Fillers of a removal in place are nobody's records.
    if (head) lines -= bytes.toString('latin1').match(/^\{"kind":"compaction".*$/gm)?.length ?? 0;
    head = false;
  }
  return result.compare === 'bytes' ? hash.digest('hex').slice(0, 12) : String(lines);
}

async function runCase(one: Case): Promise<Row[]> {
  const count = one.records ?? Number(values.records);
  writeLog(fresh, one.shape, count, Number(values.seed));
  const contenders = one.contenders.filter(isHere);
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  const peaks = new Map<string, number>();
  const results = new Map<string, Set<string>>();
  // The first round warms up, and is compared, too.
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      shell(`cd ${directory} && rm -rf log.ndjson* out .papyra .log* && cp fresh log.ndjson`);
      if (one.before !== undefined) shell(filled(one.before, count));
      shell(`rm -rf ${out}; sync`);
      const { seconds, kib } = measure(filled(contender.command, count));
      if (round > 0) times.get(contender.name)!.push(seconds);
      peaks.set(contender.name, Math.max(peaks.get(contender.name) ?? 0, kib));
      const print = await fingerprint(contender);
      const kind = contender.result?.compare;
      if (print !== undefined) results.set(kind!, (results.get(kind!) ?? new Set()).add(print));
    }
  }
  for (const [kind, prints] of results) {
    if (prints.size > 1)
      throw new Error(`${one.name}: results differ by ${kind}: ${[...prints].join(', ')}`);
  }
  const { size } = statSync(fresh);
  const medianOf = (name: string) => times.get(name)!.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!; // prettier-ignore
  const base = medianOf(contenders[0]!.name);
  return contenders.map(({ name }) => ({
    case: one.name,
    contender: name,
    median_seconds: medianOf(name),
    min_seconds: Math.min(...times.get(name)!),
    ratio: medianOf(name) / base,
    megabytes_per_second: size / 1e6 / medianOf(name),
    peak_rss_mib: peaks.get(name)! / 1024,
  }));
}

const machine = `${cpus()[0]!.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
console.log(
  `${machine}; ${values.records} records, ${rounds} rounds, medians, seed ${values.seed}`,
);
const rows: Row[] = [];
try {
  for (const one of CASES.filter(({ name }) => name.includes(values.only))) {
    const missing = one.contenders.filter((contender) => !isHere(contender));
    for (const { name } of missing) console.log(`${one.name}: ${name} is not here`);
    const measured = await runCase(one);
    rows.push(...measured);
    const table = new Table({
      head: [one.name, 'seconds', '× first', 'MB/s', 'peak MiB'],
      colAligns: ['left', 'right', 'right', 'right', 'right'],
      style: { head: [], border: [] },
    });
    for (const row of measured) {
      table.push([row.contender, row.median_seconds.toFixed(3), row.ratio.toFixed(2), Math.round(row.megabytes_per_second), Math.round(row.peak_rss_mib)]); // prettier-ignore
    }
    console.log(table.toString());
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
writeFileSync(values.json, `${JSON.stringify({ machine, ...values, rows }, null, 1)}\n`);
console.log(`written to ${values.json}`);
