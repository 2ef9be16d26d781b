// Formats what the service says of its runs: one line each.
import { fstatSync } from 'node:fs';
import type { CompactionReport } from '../report/report.js';
import { plural } from '../units/units.js';
import type { Stream } from './console.js';
import { formatBytes, formatCount, formatSeconds, printable } from './text.js';

/** `orders: compacted, 1.2 MB reclaimed, 3,000 of 10,000 records dropped, 0.2 s` */
export function runLine(label: string | null, report: CompactionReport): string {
  const { status, records, bytes, target, backend, duration_ms } = report;
  const words = [
    STATUS[status] ?? status,
    ...(bytes.reclaimed === null ? [] : [`${formatBytes(bytes.reclaimed)} reclaimed`]),
    ...(records.dropped === null ? [] : [`${formatCount(records.dropped)} of ${plural(records.scanned ?? 0, 'record')} dropped`]), // prettier-ignore
    formatSeconds(duration_ms / 1000),
  ];
  return `${printable(label ?? target ?? backend)}: ${words.join(', ')}`;
}

const STATUS: Partial<Record<CompactionReport['status'], string>> = {
  nothing_to_do: 'nothing to do',
  no_op: 'nothing to do',
  best_effort: 'compacted as far as its backend tells',
  stopped: 'stopped early',
  partial: 'partly compacted',
};

/** Whether a run did something that is worth a line. */
export function didSomething({ status }: CompactionReport): boolean {
  return status !== 'nothing_to_do' && status !== 'no_op';
}

/** Puts the time before each line; the journal of systemd has times of its own. */
export function stamped(stream: Stream, env: NodeJS.ProcessEnv): Stream {
  if (isJournal(env)) return stream;
  return {
    ...(stream.isTTY === undefined ? {} : { isTTY: stream.isTTY }),
    ...(stream.columns === undefined ? {} : { columns: stream.columns }),
    write: (text) => stream.write(text.replaceAll(/^(?=papyra: )/gm, () => `${now()} `)),
  };
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** JOURNAL_STREAM has device and inode of the journal's socket; stderr may lead elsewhere all the same. */
function isJournal({ JOURNAL_STREAM: journal }: NodeJS.ProcessEnv): boolean {
  if (journal === undefined) return false;
  try {
    const { dev, ino } = fstatSync(2);
    return journal === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
