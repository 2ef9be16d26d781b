// Runs a command on the stores that the flags name: on one as ever, on many one after the other.
import pLimit from 'p-limit';
import { PapyraError } from '../src/errors/errors.js';
import { asPapyraError, type Finding } from '../src/errors/exit-codes.js';
import { openStores, type ClosedStore, type Progress, type System } from '../src/index.js';
import type { Paint } from '../src/output/paint.js';
import { progressTo, type ProgressMode } from '../src/output/progress.js';
import { storesDocument, storesText, type StoreOutcome, type StoresView } from '../src/output/stores.js'; // prettier-ignore
import { monotonicMs } from '../src/units/clock.js';
import { collectGarbage, holdNewSpace } from '../src/units/collector.js';
import { consoleFor, consoleForResult, severalStores, using, type Context } from './context.js';
import { openOptions, type GlobalFlags, type StoreFlags } from './options.js';
import { sayOnce } from './say-once.js';

/** A store is mostly waited for: for writers that may still be there, for the disk, for a server. */
const AT_ONCE = 4;
/** Many small stores leave more garbage than V8 collects by itself. */
const COLLECT_EVERY = 16;

/** What a command does with each store, and how it is shown. */
export interface Work<R extends object> {
  run: (system: System, share: Share) => Promise<R>;
  text: (report: R, paint: Paint) => string;
  many: StoresView<R>;
  warnings?: (report: R) => readonly string[];
  finding?: (report: R) => Finding | undefined;
  /** The report in an error: of a store of which only parts failed. */
  partial?: (error: PapyraError) => R | undefined;
  progress?: ProgressMode;
  /** Why it can only be done with one store; left out: it can be done with many. */
  one?: string;
  /** Of the whole command, in seconds. */
  lockWait?: number | undefined;
  maxDuration?: number | undefined;
}

/** What of the limits of a command is left for one store. */
export interface Share {
  onProgress: (progress: Progress) => void;
  lockWaitMs: number;
  maxDurationMs?: number;
}

/**
 * Of many stores, one that fails stops no other. The exit code is that of the first failure. A signal ends the store at
 * work at its next safe point, and no other is begun. `--max-duration` is the time of all stores together: those that
 * are not begun by then are left for the next run. What stores waited for a lock in vain is taken off `--lock-wait`.
 */
export async function onStores<R extends object>(
  flags: GlobalFlags & StoreFlags,
  context: Context,
  work: Work<R>,
): Promise<void> {
  const { store } = flags;
  const output = consoleFor(context, flags);
  const { signal } = context;
  const letGrow = holdNewSpace();
  const set = await openStores({ ...openOptions(flags), ...(store && { store }), signal });
  if (work.one !== undefined && set.stores.length > 1) {
    const labels = set.stores.map(({ label }) => label);
    throw severalStores(labels, set.warnings, work.one);
  }
  const limits = new Limits(work);
  const progress = progressTo(context.stderr, flags.quiet ? 'never' : (work.progress ?? 'never'));
  const run = (one: ClosedStore, onProgress: (state: Progress) => void): Promise<R> =>
    using(
      () => one.open(),
      output,
      (system) => work.run(system, { onProgress, ...limits.left() }),
    );
  if (set.isOne) {
    letGrow();
    const running = run(set.stores[0]!, (state) => progress.update(state));
    await showOne(running.finally(() => progress.stop()), flags, context, work); // prettier-ignore
    return;
  }
  const total = set.stores.length;
  const atOnce = pLimit(AT_ONCE);
  let done = 0;
  const ended = await Promise.all(
    set.stores.map((one) =>
      atOnce(async () => {
        if (signal.aborted || limits.areOver()) return [];
        const outcome = await limits.metered(() => run(one, () => undefined));
        done += 1;
        if (done % COLLECT_EVERY === 0) collectGarbage();
        progress.update({ phase: 'stores', unit: 'entries', done, total });
        return [outcomeOf(one.label, outcome, work)];
      }),
    ),
  );
  progress.stop();
  const outcomes = ended.flat();
  const left = total - outcomes.length;
  const stopped = signal.aborted ? (signal.reason as PapyraError) : undefined;
  const failed = outcomes.find(({ error }) => error)?.error ?? stopped;
  const document = storesDocument(work.many.schema, outcomes, failed);
  const shown = consoleForResult(context, flags, document.exit_code === 0);
  shown.result(document, (paint) =>
    storesText(work.many, outcomes, { remaining: left, all: flags.verbose ?? false }, paint),
  );
  const warnings = [...set.warnings, ...(await set.publishMetrics())];
  if (left > 0) warnings.push(notBegun(left, set.stores, signal));
  output.warnings([...warnings, ...gathered(outcomes, work)]);
  for (const { store: label, error } of outcomes) {
    if (error) output.failure(error, label);
  }
  if (failed) throw silently(failed);
  for (const { finding } of outcomes) if (finding) context.found(finding);
}

async function showOne<R extends object>(
  running: Promise<R>,
  flags: GlobalFlags,
  context: Context,
  { text, finding, partial, warnings }: Work<R>,
): Promise<void> {
  const show = (report: R): void => {
    const found = finding?.(report);
    if (found) context.found(found);
    const output = consoleForResult(context, flags, !found);
    output.result(report, (paint) => text(report, paint));
    consoleFor(context, flags).warnings(warnings?.(report) ?? []);
  };
  try {
    show(await running);
  } catch (error) {
    // When only some parts failed, the report of what was done is the result; the first failure follows it.
    const report = error instanceof PapyraError ? partial?.(error) : undefined;
    if (report) show(report);
    throw error;
  }
}

/** The limits of a command that works on many stores. */
class Limits {
  readonly #end: number;
  #lockWaitMs: number;

  constructor({ lockWait = 0, maxDuration }: Pick<Work<object>, 'lockWait' | 'maxDuration'>) {
    this.#lockWaitMs = lockWait * 1000;
    this.#end = maxDuration === undefined ? Infinity : monotonicMs() + maxDuration * 1000;
  }

  left(): Omit<Share, 'onProgress'> {
    const maxDurationMs = this.#end - monotonicMs();
    return {
      lockWaitMs: this.#lockWaitMs,
      ...(maxDurationMs < Infinity && { maxDurationMs: Math.max(1, maxDurationMs) }),
    };
  }

  areOver(): boolean {
    return monotonicMs() >= this.#end;
  }

  /** Returns a failure as a value. */
  async metered<R>(run: () => Promise<R>): Promise<R | PapyraError> {
    const began = monotonicMs();
    try {
      return await run();
    } catch (thrown) {
      const error = await asPapyraError(thrown);
      if (error.code === 'try_again') {
        this.#lockWaitMs = Math.max(0, this.#lockWaitMs - (monotonicMs() - began));
      }
      return error;
    }
  }
}

function outcomeOf<R extends object>(
  store: string,
  ended: R | PapyraError,
  { partial, finding }: Work<R>,
): StoreOutcome<R> {
  if (!(ended instanceof PapyraError)) return { store, report: ended, finding: finding?.(ended) };
  const report = partial?.(ended);
  return { store, ...(report && { report }), error: ended };
}

function notBegun(left: number, stores: readonly ClosedStore[], signal: AbortSignal): string {
  const why = signal.aborted ? (signal.reason as Error).message : 'the time limit was over';
  const first = stores[stores.length - left]!.label;
  return `${why}: ${left} of ${stores.length} stores were not begun, from ${first} on; the next run does them`;
}

/** The warnings of all stores: the same one of several stores once. */
function gathered<R extends object>(
  outcomes: readonly StoreOutcome<R>[],
  { warnings }: Work<R>,
): string[] {
  return sayOnce(
    outcomes.flatMap(({ store: label, report, error }) => {
      const own = [...((report && warnings?.(report)) ?? []), ...(error?.warnings ?? [])];
      return own.map((text) => ({ label, text }));
    }),
  );
}

/** Everything has been said: the exit code is left. */
function silently({ code, message, signal }: PapyraError): PapyraError {
  return new PapyraError(code, message, { silent: true, ...(signal && { signal }) });
}
