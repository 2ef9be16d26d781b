// Runs the library that ships on one store after another, as another process (pool.ts) asks for it.
//
// Its requests come as messages: a task and its number. It does the task once, and again where that failed, as an
// operator or a timer would; it answers with what became of it.
import type * as Library from '../../src/index.js';

export interface Task {
  do: 'compact' | 'recover';
  persistence: NonNullable<Library.OpenOptions['persistence']>;
  metrics?: Library.OpenOptions['metrics'];
  options: Library.CompactOptions & Library.RecoverOptions;
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

process.on('message', ({ number, task }: { number: number; task: Task }) => {
  void perform(task).then(
    (outcome) => process.send!({ number, outcome }),
    (error: unknown) => process.send!({ number, error: String((error as Error).stack) }),
  );
});
process.send!({ ready: true });
