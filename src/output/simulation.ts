// Formats a simulation for a person: a row for each limit.
import type { SimulatedLimit, SimulationReport } from '../report/simulation.js';
import { plural } from '../units/units.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { policyText } from './policy.js';
import { formatBytes, formatShortCount, printable } from './text.js';
import { wrapped } from './wrap.js';

const COLUMNS = 80;

export function simulationText(report: SimulationReport, paint: Paint): string {
  const { target, backend, limits, records, bytes, oldest, newest } = report;
  const title = `${paint.cyan('Simulation')} of ${paint.bold(printable(target ?? backend))}: nothing was changed.`;
  const span = oldest && newest ? `, from ${minute(oldest)} to ${minute(newest)} (UTC)` : '';
  const there = `In it: ${plural(records, 'record')}, ${formatBytes(bytes)}${span}.`;
  if (limits.length === 0) return `${title}\n`;
  return `${title}\n${there}\n\n${table(limits, paint)}\n\n${legend(report)}\n`;
}

function table(limits: readonly SimulatedLimit[], paint: Paint): string {
  const head = ['', 'limit', 'would stay', 'size', 'oldest kept', 'would go'];
  const rows = limits.map((row) => {
    const about = row.exact ? '' : '~';
    const cells = [
      row.in_force ? '*' : '',
      row.flag || 'as configured',
      `${about}${formatShortCount(row.kept_records)}`,
      `${about}${formatBytes(row.kept_bytes)}`,
      row.oldest_kept ? minute(row.oldest_kept) : 'none',
      `${about}${row.dropped_percent.toFixed(1)} %`,
    ];
    return row.in_force ? cells.map((cell) => paint.bold(cell)) : cells;
  });
  const align = ['left', 'left', 'right', 'right', 'left', 'right'] as const;
  return grid([head.map((word) => paint.dim(word)), ...rows], [...align]);
}

function legend({ limits, policy, source, backend }: SimulationReport): string {
  const isAbout = limits.some(({ exact }) => !exact);
  const isEmpty = limits.some(({ kept_records }) => kept_records === 0);
  const words = [
    `* is in force (${policyText(policy)}).`,
    'Each other row changes one limit of it.',
    ...(backend === 'redis' ? ['Size is that of the data.'] : []),
    ...(source === 'index' ? ['From the index of the last compaction.'] : []),
    ...(isAbout ? ['~ is about: a dry run with that limit says it exactly.'] : []),
    ...(isEmpty ? ['A run that would leave nothing is refused without --allow-empty.'] : []),
  ];
  return wrapped(words.join(' '), COLUMNS);
}

/** `2026-11-22 05:00` */
function minute(iso: string): string {
  return printable(iso.slice(0, 16).replace('T', ' '));
}
