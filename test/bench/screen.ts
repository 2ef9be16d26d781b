// Shows what was measured on the terminal.
import Table from 'cli-table3';
import { COLUMNS } from './columns.js';
import type { CaseResult } from './document.js';

function table(head: string[], left: number, rows: string[][]): string {
  const colAligns = head.map((_, at) => (at < left ? ('left' as const) : ('right' as const)));
  const shown = new Table({ head, colAligns, style: { head: [], border: [] } });
  shown.push(...rows);
  return shown.toString();
}

export function caseTable({ name, group, rows }: CaseResult): string {
  const columns = COLUMNS[group];
  const cells = rows.map((row) => [row.contender, ...columns.map(({ cell }) => cell(row))]);
  return table([name, ...columns.map(({ head }) => head)], 1, cells);
}

/** Each bound, and what was measured. */
export function boundsTable(cases: CaseResult[]): string {
  const rows = cases.flatMap(({ name, rows: all }) =>
    all.flatMap(
      ({ contender, bounds }) =>
      bounds.map(({ at_most, measured, holds }) => [name, contender, at_most, measured, holds ? 'holds' : 'MISSED']), // prettier-ignore
    ),
  );
  return table(['case', 'contender', 'at most', 'measured', ''], 5, rows);
}
