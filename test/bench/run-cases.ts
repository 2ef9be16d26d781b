// Runs the chosen cases one after the other: what fails, or cannot run here, is left out and named.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { CASES } from './cases.js';
import { measured } from './command.js';
import type { Bench, Case } from './contender.js';
import { type CaseResult, type Document, rowsOf } from './document.js';
import { conditions, conditionsText, MACHINE } from './machine.js';
import { chosen, type Options } from './options.js';
import { measure, median } from './rounds.js';
import { caseTable } from './screen.js';
import { Stopped, unlessStopped } from './stop.js';

interface Run {
  options: Options;
  bench: Bench;
  document: Document;
}

export async function runCases(options: Options): Promise<Document> {
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
  console.log(`${MACHINE}; Node alone takes ${document.node_mib.toFixed(0)} MiB`);
  const run = { options, bench, document };
  try {
    for (const one of chosen(CASES, options)) await guarded(run, one);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return document;
}

/** Peak memory of Node with nothing to do. */
function nodeAlone(directory: string): number {
  return median([1, 2, 3].map(() => measured('node -e 0', directory).peak_mib));
}

/** The other cases are worth their minutes all the same when one fails. */
async function guarded(run: Run, one: Case): Promise<void> {
  try {
    const why = one.refusal?.() ?? lackOfRoom(one, run.bench);
    if (why !== undefined) {
      leaveOut(run, { case: one.name, why });
      return;
    }
    const result = await runCase(run, one);
    run.document.cases.push(result);
    console.log(caseTable(result));
  } catch (error) {
    const why = `it failed: ${(error as Error).message}`;
    leaveOut(run, { case: one.name, why });
    process.exitCode = 1;
    await unlessStopped();
  }
}

async function runCase(run: Run, one: Case): Promise<CaseResult> {
  const { options, bench, document } = run;
  const trial = await one.open(bench);
  try {
    for (const contender of trial.missing) {
      leaveOut(run, { case: one.name, contender, why: 'it is not installed' });
    }
    const contenders = trial.contenders.filter(
      ({ bound }, at) => !options.targets || at === 0 || bound !== undefined,
    );
    const before = await conditions(bench.directory, bench.records);
    console.log(`\n${one.name} (${trial.subject}): ${conditionsText(before)}`);
    const rounds = Math.min(options.rounds, one.rounds ?? Infinity);
    const again = Math.min(options.again, one.again ?? Infinity);
    const done = await measure(contenders, { rounds, again, say: (text) => console.log(`  ${text}`) }); // prettier-ignore
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

function leaveOut({ document }: Run, what: Document['left_out'][number]): void {
  document.left_out.push(what);
  console.log(`${what.case}: ${what.contender ?? 'the case'} is left out: ${what.why}`);
}

function lackOfRoom(one: Case, bench: Bench): string | undefined {
  const { bavail, bsize } = statfsSync(bench.directory);
  const [free, room] = [bavail * bsize, one.room(bench) * 1.05];
  if (free > room) return undefined;
  return `it takes ${(room / 1e9).toFixed(1)} GB in ${bench.directory}, where ${(free / 1e9).toFixed(1)} GB are free: --in DIR names another place`;
}
