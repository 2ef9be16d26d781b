// Shows the summary of a store to a person.
import type { AuditSummary, InspectSummary } from '../report/summary.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { cut, formatBytes, formatCount, printable } from './text.js';

const NAMES = { event: 'events', audit: 'audits', dead_letter: 'dead letters' };

/** The runtime's two lines about the last audit, then what there is of each kind. */
export function summaryText(summary: InspectSummary, paint: Paint): string {
  const head = ['', 'records', 'bytes', 'oldest (UTC)', 'newest (UTC)'];
  const rows = summary.kinds.map(({ kind, records, bytes, oldest, newest }) => [
    NAMES[kind],
    formatCount(records),
    formatBytes(bytes),
    secondOf(oldest),
    secondOf(newest),
  ]);
  const table = grid(
    [head.map((word) => paint.dim(word)), ...rows],
    ['left', 'right', 'right', 'left', 'left'],
  );
  const types = summary.kinds.flatMap(({ kind, types: frequent }) =>
    frequent.map(({ type, records }) => [
      NAMES[kind],
      cut(printable(type === '' ? '(none)' : type), 40),
      formatCount(records),
    ]),
  );
  const frequent = types.length === 0 ? '' : `\n\n${grid([['of', 'most frequent', 'records'].map((word) => paint.dim(word)), ...types], ['left', 'left', 'right'])}`; // prettier-ignore
  return `${auditText(summary.latest_audit)}\n\n${table}${frequent}\n`;
}

function auditText(audit: AuditSummary | null): string {
  if (!audit) return 'No audit data available.';
  const number = (value: number | null): string => (value === null ? '?' : String(value));
  const { total_actors, alive_actors, stopping_actors, restarting_actors, dead_letters_count } = audit; // prettier-ignore
  const actors = `total=${number(total_actors)} alive=${number(alive_actors)} stopping=${number(stopping_actors)} restarting=${number(restarting_actors)}`;
  return `Actors: ${actors}\nDead letters: ${number(dead_letters_count)}`;
}

/** `2026-11-22 05:00:00` */
function secondOf(iso: string | null): string {
  return iso === null ? '–' : printable(iso.slice(0, 19).replace('T', ' '));
}
