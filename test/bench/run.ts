// npm run bench: runs papyra and its peers in turn, from the same start. `--help` names the options, README.md the rest.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CASES } from './cases.js';
import { measured } from './command.js';
import type { Bench, Case } from './contender.js';
import { type CaseResult, type Document, rowsOf } from './document.js';
import { conditions, conditionsText, MACHINE } from './machine.js';
import { chosen, type Options, readOptions, USAGE, UsageError } from './options.js';
import { writeReadme } from './readme.js';
import { measure, median } from './rounds.js';
import { boundsTable, caseTable } from './screen.js';

/** Says, and keeps, why a case or a contender did not run. */
type LeaveOut = (one: { case: string; contender?: string; why: string }) => void;

async function runCase(
  one: Case,
  bench: Bench,
  options: Options,
  document: Document,
  leaveOut: LeaveOut,
): Promise<CaseResult | undefined> {
  // prettier-ignore
  const why = one.refusal?.() ?? lackOfRoom(one, bench);
  if (why !== undefined) {
    leaveOut({ case: one.name, why });
    return undefined;
  }
  const trial = await one.open(bench);
  try {
    for (const contender of trial.missing) {
      leaveOut({ case: one.name, contender, why: 'it is not installed' });
    }
    if (options.targets) {
      trial.contenders = trial.contenders.filter(
        ({ bound }, at) => at === 0 || bound !== undefined,
      );
    }
    const before = await conditions(bench.directory, bench.records);
    console.log(`\n${one.name} (${trial.subject}): ${conditionsText(before)}`);
    const rounds = Math.min(options.rounds, one.rounds ?? Infinity);
    const again = Math.min(options.again, one.again ?? Infinity);
    const done = await measure(trial, { rounds, again, say: (text) => console.log(`  ${text}`) });
    return {
      name: one.name,
      group: one.group,
      subject: trial.subject,
      rounds,
      attempts: done.attempts,
      conditions: before,
      rows: rowsOf(done, document.node_mib),
    };
  } finally {
    await trial.close();
  }
}

function lackOfRoom(one: Case, bench: Bench): string | undefined {
  const { bavail, bsize } = statfsSync(bench.directory);
  const [free, room] = [bavail * bsize, one.room(bench)];
  if (free > room * 1.05) return undefined;
  return `it takes ${(room / 1e9).toFixed(1)} GB in ${bench.directory}, where ${(free / 1e9).toFixed(1)} are free: --in DIR names another place`;
}

async function runAll(options: Options): Promise<Document> {
  const directory = mkdtempSync(join(options.in, 'papyra-bench-'));
  const bench: Bench = { ...options, directory, ownCore: options['own-core'] };
  const document: Document = {
    machine: MACHINE,
    started_at: new Date().toISOString(),
    records: options.records,
    seed: options.seed,
    cold: options.cold,
    node_mib: nodeAlone(directory),
    cases: [],
    left_out: [],
  };
  console.log(`${MACHINE}; Node alone takes ${document.node_mib.toFixed(0)} MiB; medians of ${options.rounds} rounds`); // prettier-ignore
  const leaveOut: LeaveOut = (what) => {
    document.left_out.push(what);
    console.log(`${what.case}: ${what.contender ?? 'it'} is left out: ${what.why}`);
  };
  try {
    for (const one of chosen(CASES, options)) {
      try {
        const result = await runCase(one, bench, options, document, leaveOut);
        if (result === undefined) continue;
        document.cases.push(result);
        console.log(caseTable(result));
      } catch (error) {
        // The other cases are worth their minutes all the same.
        leaveOut({ case: one.name, why: `it failed: ${(error as Error).message}` });
        process.exitCode = 1;
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return document;
}

/** Peak memory of Node with nothing to do. */
function nodeAlone(directory: string): number {
  return median([1, 2, 3].map(() => measured('node -e 0', directory).peak_mib));
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  const cases = chosen(CASES, options);
  if (cases.length === 0) throw new UsageError('no case is so: --list names them');
  if (options.list) {
    return cases.forEach(({ group, name }) => console.log(`${group.padEnd(6)} ${name}`));
  }
  mkdirSync(options.in, { recursive: true });
  const document =
    options.from === undefined
      ? await runAll(options)
      : (JSON.parse(readFileSync(options.from, 'utf8')) as Document);
  if (options.from === undefined) {
    writeFileSync(options.json, `${JSON.stringify(document, null, 1)}\n`);
    console.log(`\nThe numbers are in ${options.json}`);
  } else {
    for (const one of document.cases) console.log(caseTable(one));
  }
  if (options.targets) console.log(boundsTable(document.cases));
  if (options['write-readme']) await writeReadme(document);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 64;
}
