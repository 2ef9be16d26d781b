// Shows what was done with many stores: one line each, the sums, then what needs a closer look.
import { errorDocument, exitCodeOf, findingCode, type Finding } from '../errors/exit-codes.js';
import type { PapyraError } from '../errors/errors.js';
import { plural } from '../units/units.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { formatCount, printable } from './text.js';

/** What became of one store. Where a part of it failed, it has both a report and an error. */
export interface StoreOutcome<R> {
  /** The label of the store. */
  store: string;
  report?: R;
  error?: PapyraError;
  /** What was found, though it is no error. */
  finding?: Finding | undefined;
}

/** How the reports of a command are shown for many stores. */
export interface StoresView<R> {
  /** The schema of the document: the plural of that of one report, such as `papyra.scans/v1`. */
  schema: string;
  /** What was done, as a sentence without a full stop. */
  headline: (reports: readonly R[], paint: Paint) => string;
  /** The columns between the name of a store and how it went. */
  columns: readonly string[];
  /** The cells of these columns, for one report or summed up for several. */
  cells: (reports: readonly R[]) => string[];
  /** How it went, in a word or two. */
  word: (report: R, paint: Paint) => string;
  /** Where there are many stores, those with the highest rank have a line, and the others one together. */
  rank: (report: R) => number | null;
  /** What is shown behind the table. */
  details?: (outcomes: readonly StoreOutcome<R>[], paint: Paint) => string[];
  /** The whole text, in place of all of that. */
  whole?: (outcomes: readonly StoreOutcome<R>[], paint: Paint) => string;
}

/** What was done with many stores, and the document of `--json`. */
export interface StoresReport<R> {
  schema: string;
  /** In the order of the configuration. A store that failed has an error document in place of a report, or beside it. */
  reports: ((R | object) & { store: string })[];
  /** That of the first failure, else that of the worst finding. */
  exit_code: number;
}

export function storesDocument<R extends object>(
  schema: string,
  outcomes: readonly StoreOutcome<R>[],
  failed: PapyraError | undefined,
): StoresReport<R> {
  const reports = outcomes.map(({ store, report, error }) => {
    if (!report) return { store, ...errorDocument(error!) };
    return { store, ...report, ...(error && { error: errorDocument(error) }) };
  });
  const findings = outcomes.map(({ finding }) => (finding ? findingCode(finding) : 0));
  return { schema, reports, exit_code: failed ? exitCodeOf(failed) : Math.max(0, ...findings) };
}

/** More stores do not all have a line of their own, unless more was asked for. */
const MANY = 40;
const SHOWN = 20;

export function storesText<R>(
  view: StoresView<R>,
  outcomes: readonly StoreOutcome<R>[],
  { remaining, all: isAll }: { remaining: number; all: boolean },
  paint: Paint,
): string {
  if (view.whole) return view.whole(outcomes, paint);
  const reports = outcomes.flatMap(({ report }) => (report ? [report] : []));
  const failed = outcomes.filter(({ error }) => error && error.code !== 'interrupted');
  const all = outcomes.length + remaining;
  const counts = [
    failed.length > 0 ? paint.red(`${formatCount(failed.length)} of ${plural(all, 'store')} failed`) : '', // prettier-ignore
    remaining > 0 ? paint.yellow(`${formatCount(remaining)} of ${plural(all, 'store')} not begun`) : '', // prettier-ignore
  ];
  const headline = [view.headline(reports, paint), ...counts.filter(Boolean)].join('; ');
  if (outcomes.length === 0) return `${headline}.\n`;
  const details = view.details?.(outcomes, paint) ?? [];
  return `${[`${headline}.`, table(view, outcomes, isAll, paint), ...details].join('\n\n')}\n`;
}

/** Those that failed come last, because the end of a long table is what is seen. */
function table<R>(
  view: StoresView<R>,
  outcomes: readonly StoreOutcome<R>[],
  isAll: boolean,
  paint: Paint,
): string {
  const row = ({ store, report, error }: StoreOutcome<R>) => [
    printable(store),
    ...(report ? view.cells([report]) : view.columns.map(() => '')),
    error ? failureWord(error, paint) : view.word(report!, paint),
  ];
  const failed = outcomes.filter(({ error }) => error);
  const well = outcomes.filter(({ error }) => !error);
  const shown = isAll || outcomes.length <= MANY ? new Set(well) : highest(view, well);
  const others = well.filter((outcome) => !shown.has(outcome)).map(({ report }) => report!);
  const reports = outcomes.flatMap(({ report }) => (report ? [report] : []));
  const rows = [
    ['store', ...view.columns, ''].map((word) => paint.dim(word)),
    ...[...shown].map(row),
    ...(others.length > 0 ? [[`${formatCount(others.length)} more`, ...view.cells(others), '']] : []), // prettier-ignore
    ...failed.map(row),
    ...(outcomes.length > 1 ? [[paint.dim('all'), ...view.cells(reports), '']] : []),
  ];
  return grid(rows, ['left', ...view.columns.map(() => 'right' as const), 'left']);
}

/** In the order of the configuration. */
function highest<R>(view: StoresView<R>, well: StoreOutcome<R>[]): Set<StoreOutcome<R>> {
  const rankOf = ({ report }: StoreOutcome<R>) => view.rank(report!) ?? 0;
  const ranked = well.filter((outcome) => rankOf(outcome) > 0);
  const top = new Set(ranked.sort((a, b) => rankOf(b) - rankOf(a)).slice(0, SHOWN));
  return new Set(well.filter((outcome) => top.has(outcome)));
}

function failureWord({ code }: PapyraError, paint: Paint): string {
  return code === 'interrupted' ? paint.yellow('stopped') : paint.red(`failed: ${code}`);
}

/** The blocks of the first few stores that need a closer look, and how many more there are. */
export function closerLook<R>(
  outcomes: readonly StoreOutcome<R>[],
  block: (report: R) => string,
): string[] {
  const shown = outcomes.slice(0, 10).map(({ store, report }) => `${printable(store)}\n${indented(block(report!))}`); // prettier-ignore
  const left = outcomes.length - shown.length;
  return left > 0 ? [...shown, `${plural(left, 'more store')}: see them with --store NAME, or --json`] : shown; // prettier-ignore
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');
}

/** Adds up; null: not known of any. */
export function sum<R>(
  reports: readonly R[],
  of: (report: R) => number | null | undefined,
): number | null {
  const known = reports.map(of).filter((value) => value !== null && value !== undefined);
  return known.length === 0 ? null : known.reduce((all, value) => all + value, 0);
}
