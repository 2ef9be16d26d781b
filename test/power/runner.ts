// Runs the library that ships on one store after another, as another process (pool.ts) asks for it.
//
// Its requests come as messages: a task and its number. It does the task once, and again where that failed, as an
// operator or a timer would; it answers with what became of it.
import { createHash } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type * as Library from '../../src/index.js';

export interface Task {
  /** `compare`: says what dry runs tell otherwise with the index of the log than without it. */
  do: 'compact' | 'recover' | 'compare';
  persistence: NonNullable<Library.OpenOptions['persistence']>;
  metrics?: Library.OpenOptions['metrics'];
  options: Library.CompactOptions & Library.RecoverOptions;
  questions?: Question[];
}

export interface Outcome {
  /** Of each run: null, or why it failed. */
  runs: ({ code: string; message: string } | null)[];
  warnings: string[];
  /** The states of all archives that are there then. */
  archives: string[];
}

/** One more run than an operator has to make. */
const RUNS = 3;

const path = '../../dist/index.js';
const { openSystem, PapyraError } = (await import(path)) as typeof Library;

async function once({ do: what, persistence, metrics, options }: Task): Promise<string[]> {
  const system = await openSystem({ persistence, ...(metrics ? { metrics } : {}) });
  try {
    const report = await (what === 'compact' ? system.persistence.compact(options) : system.persistence.recover(options)); // prettier-ignore
    return report.warnings;
  } finally {
    await system.close();
  }
}

async function perform(task: Task): Promise<Outcome> {
  const outcome: Outcome = { runs: [], warnings: [], archives: [] };
  if (task.do === 'compare')
    return { ...outcome, warnings: await differences(task, task.questions ?? []) };
  for (let run = 0; run < RUNS; run++) {
    try {
      outcome.warnings = await once(task);
      outcome.runs.push(null);
      break;
    } catch (error) {
      const code = error instanceof PapyraError ? error.code : 'crash';
      outcome.runs.push({ code, message: String((error as Error).stack ?? error).slice(0, 600) });
    }
  }
  if (task.persistence.archive) {
    const system = await openSystem({ persistence: task.persistence });
    const { archives, gaps } = await system.archive.verify();
    outcome.archives = [...archives.map(({ state }) => state), ...gaps.map(() => 'gap')];
    await system.close();
  }
  return outcome;
}

/** What is asked with the index of a log, and without it. */
export interface Question {
  /** Seconds since 1970: what is older expires. */
  cutoff: number;
  unreadable: 'keep' | 'drop';
}

/** Where the answers differ. The index is there afterwards as before. */
async function differences({ persistence }: Task, questions: readonly Question[]): Promise<string[]> {
  const path = persistence.path!;
  const index = join(dirname(path), '.papyra', `${basename(path)}.index`);
  if (!existsSync(index)) return [];
  const answer = async ({ cutoff, unreadable }: Question): Promise<string> => {
    const now = Math.ceil(Date.now() / 1000);
    const system = await openSystem({ persistence: { ...persistence, retention: { max_age_seconds: now - cutoff } } });
    try {
      const { status, records, bytes } = await system.persistence.compact({ dryRun: true, now, unreadable, maxDrop: 1, allowEmpty: true });
      const hash = createHash('sha1');
      for await (const { json } of system.inspect.records({ since: cutoff })) hash.update(json);
      return JSON.stringify({ cutoff, unreadable, status, records, bytes, listed: hash.digest('hex') });
    } finally {
      await system.close();
    }
  };
  const withIndex: string[] = [];
  for (const one of questions) withIndex.push(await answer(one));
  renameSync(index, `${index}.aside`);
  const without: string[] = [];
  for (const one of questions) without.push(await answer(one));
  renameSync(`${index}.aside`, index);
  return withIndex.flatMap((told, at) => (told === without[at] ? [] : [`with the index ${told}, without ${without[at]}`]));
} // prettier-ignore

process.on('message', ({ number, task }: { number: number; task: Task }) => {
  void perform(task).then(
    (outcome) => process.send!({ number, outcome }),
    (error: unknown) => process.send!({ number, error: String((error as Error).stack) }),
  );
});
process.send!({ ready: true });
