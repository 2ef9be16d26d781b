// Judges whether a plan frees enough to be worth it, and makes the report of a run that waits.
import type { CompactionReport } from '../report/report.js';
import { grouped, plural, type Amount } from '../units/units.js';

/** What `--min-reclaim` says of a plan. */
export type Verdict =
  'worth it' | 'unknown' | { waiting: NonNullable<CompactionReport['waiting']> };

export function verdictOn(report: CompactionReport, least: Amount): Verdict {
  const { records, bytes, parts } = report;
  const freed = freedBy(report);
  const share = shareFreed(report, freed);
  if (freed === 0 && records.dropped === 0) return 'worth it';
  // An empty file of a set is what an earlier run has left, and stalls rotation: it does not wait.
  if (parts.some(({ action, bytes_before }) => action === 'removed' && bytes_before === 0)) return 'worth it'; // prettier-ignore
  const isEnough = 'bytes' in least ? atLeast(freed, least.bytes) : atLeast(share, least.share);
  if (isEnough === null) return 'unknown';
  if (isEnough) return 'worth it';
  const needed = 'bytes' in least ? least.bytes : bytes.before === null ? null : Math.ceil(least.share * bytes.before); // prettier-ignore
  return { waiting: { records: records.dropped, bytes: freed, needed } };
}

/** The report of a run that changes nothing, because too little would be freed. */
export function held(
  report: CompactionReport,
  waiting: NonNullable<CompactionReport['waiting']>,
  least: Amount,
): CompactionReport {
  const { records, bytes, files, parts } = report;
  const { scanned, dropped, expired_left: left } = records;
  const zeros = { age: 0, count: 0, size: 0 };
  const onDisk = bytes.reclaimed_on_disk === undefined ? {} : { reclaimed_on_disk: 0 };
  return {
    ...report,
    records: {
      ...records,
      kept: scanned,
      dropped: 0,
      dropped_by: { ...report.records.dropped_by, ...zeros },
      expired_left: dropped === null || left === null ? null : left + dropped,
      appended: 0,
    },
    bytes: { ...bytes, after: bytes.before, reclaimed: 0, ...onDisk },
    files:
      files.rewritten === null
        ? files
        : { ...files, rewritten: 0, removed: 0, unchanged: files.scanned },
    parts: parts.map((part) => ({
      ...part,
      kept: part.scanned,
      dropped: 0,
      bytes_after: part.bytes_before,
      action: 'unchanged',
    })),
    waiting,
    warnings: [...report.warnings, waitingWarning(waiting, least)],
  };
}

function waitingWarning(
  { records, bytes, needed }: NonNullable<CompactionReport['waiting']>,
  least: Amount,
): string {
  const many = records === null ? 'records' : plural(records, 'record');
  const size = bytes === null ? '' : ` (${plural(bytes, 'byte')})`;
  const wanted = 'share' in least ? `${Math.round(least.share * 1e4) / 100}% of the store` : '';
  const inBytes = needed === null ? '' : `${grouped(needed)} bytes`;
  const limit = wanted && inBytes ? `${wanted}, ${inBytes}` : wanted || inBytes;
  return `nothing was changed: ${many}${size} have expired and wait until --min-reclaim (${limit}) can be freed`;
}

/** Bytes; of streams whose memory is known, the share of it that the entries have which go. null: not known. */
function freedBy({ bytes, parts }: CompactionReport): number | null {
  if (bytes.reclaimed !== null || parts.length === 0) return bytes.reclaimed;
  let sum = 0;
  for (const { bytes_before, scanned, dropped } of parts) {
    if (dropped === 0) continue;
    if (bytes_before === null || scanned === null || dropped === null) return null;
    sum += Math.round((bytes_before * dropped) / scanned);
  }
  return sum;
}

function shareFreed({ records, bytes }: CompactionReport, freed: number | null): number | null {
  if (freed !== null && bytes.before) return freed / bytes.before;
  return records.dropped !== null && records.scanned ? records.dropped / records.scanned : null;
}

function atLeast(known: number | null, least: number): boolean | null {
  return known === null ? null : known >= least;
}
