// Makes the text of the metrics for Prometheus.
import { printable } from '../text/printable.js';
import type { Forecast } from '../report/forecast.js';
import type { MetricsReport } from './report.js';
import { endOf } from './run.js';
import type { Counters, HistoryEntry } from './state.js';

const COUNTERS: Record<keyof Counters, string> = {
  compactions_run: 'Compactions that ended well, those with nothing to do included',
  compaction_errors: 'Compactions that failed',
  compactions_stopped: 'Compactions that a signal or their time limit stopped',
  records_written: 'Records that the runtime was seen to append',
  records_scanned: 'Readable records that compactions looked at',
  records_dropped: 'Expired records that compactions removed',
  files_rewritten: 'Files that compactions replaced',
  bytes_reclaimed: 'Bytes of storage that compactions gave back',
};

/** How a run that is counted can end. */
const STATUSES: Exclude<HistoryEntry['status'], 'dry_run'>[] = [
  ...(['compacted', 'nothing_to_do', 'no_op', 'best_effort'] as const),
  ...(['stopped', 'partial', 'failed'] as const),
];

/** Samples whose value is null are left out. */
interface Family {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: { name: string; labels: string; value: number | string | null }[];
}

/**
 * The format is OpenMetrics, in base units. The older text parser (that of node_exporter's textfile collector) reads it
 * as well, but takes the counters for untyped.
 *
 * @param before - The text written earlier: counters of the same store that `report` does not know are taken from it.
 */
export function prometheusText(report: MetricsReport, before = ''): string {
  const { unavailable, last_run } = report;
  if (unavailable !== undefined && !last_run) {
    return `# HELP papyra_metrics unavailable: ${oneLine(unavailable)}\n# EOF\n`;
  }
  const earlier = samplesIn(before);
  const store = `backend="${escaped(report.backend)}",target="${escaped(report.target ?? '')}"`;
  const counters = Object.entries(COUNTERS).map(([key, help]): Family => {
    const name = `papyra_${key}_total`;
    const value = report[key as keyof Counters] ?? earlier.get(`${name}{${store}}`) ?? null;
    const samples = [{ name, labels: store, value }];
    return { name: `papyra_${key}`, type: 'counter', help, samples };
  });
  const gauge = (key: string, help: string, value: number | string | null): Family => {
    const name = `papyra_${key}`;
    return { name, type: 'gauge', help, samples: [{ name, labels: store, value }] };
  };
  const success = 'last_success_timestamp_seconds';
  const lastEnd = last_run ? endOf(last_run) : report.last_success;
  return render([
    ...counters,
    gauge('disk_usage_bytes', 'Bytes that the store takes', report.disk_usage_bytes),
    gauge(
      'last_compaction_timestamp_seconds',
      'When the last compaction ended, well or not; 0: none is known',
      // A reset forgets the runs but keeps the last success: then that is the last end that is known.
      lastEnd === null ? 0 : secondsOf(lastEnd),
    ),
    gauge(
      'last_compaction_duration_seconds',
      'How long the last compaction took',
      last_run ? last_run.duration_ms / 1000 : 0,
    ),
    gauge(
      success,
      'When the last compaction that ended well did so; 0: none is known',
      report.last_success
        ? secondsOf(report.last_success)
        : (earlier.get(`papyra_${success}{${store}}`) ?? 0),
    ),
    statusOf(last_run, store),
    ...forecastGauges(report.forecast, gauge),
  ]);
}

/** What is not known is left out. */
function forecastGauges(
  forecast: Forecast | null,
  gauge: (key: string, help: string, value: number | string | null) => Family,
): Family[] {
  const { bytes_per_day = null, records_per_day = null, levels_off, full, unknown, room } = forecast ?? {}; // prettier-ignore
  const never = room && unknown === null ? '+Inf' : null;
  return [
    gauge('growth_bytes_per_day', 'Bytes that arrive in a day', bytes_per_day),
    gauge('growth_records_per_day', 'Records that arrive in a day', records_per_day),
    gauge(
      'forecast_level_bytes',
      'The most that the store will take under its limits at this pace',
      levels_off?.bytes ?? null,
    ),
    gauge(
      'forecast_full_seconds',
      'Time until the growth of this store alone fills its disk or memory; +Inf: it will not, in ten years',
      full ? Math.round(full.in_days * 86_400) : never,
    ),
  ];
}

/** One sample for each status: 1 for that of the last run, 0 for the others. */
function statusOf(last: HistoryEntry | null, store: string): Family {
  const name = 'papyra_last_compaction_status';
  const samples = STATUSES.map((status) => {
    const labels = `${store},status="${status}"`;
    return { name, labels, value: last?.status === status ? 1 : 0 };
  });
  const help = 'How the last compaction ended: 1 for the status it had';
  return { name, type: 'gauge', help, samples };
}

function render(families: Family[]): string {
  const blocks = families.map(({ name, type, help, samples }) => {
    const known = samples.filter(({ value }) => value !== null);
    if (known.length === 0) return '';
    const unit = /_(seconds|bytes)$/.exec(name)?.[1];
    return [
      `# HELP ${name} ${help}.`,
      `# TYPE ${name} ${type}`,
      ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
      ...known.map((sample) => `${sample.name}{${sample.labels}} ${sample.value}`),
      '',
    ].join('\n');
  });
  return `${blocks.join('')}# EOF\n`;
}

/** The values of a text by name and labels. */
function samplesIn(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const ends = lines.map((line) => line.lastIndexOf(' '));
  return new Map(lines.map((line, at) => [line.slice(0, ends[at]), line.slice(ends[at]! + 1)]));
}

function secondsOf(iso: string): number {
  return Date.parse(iso) / 1000;
}

/** The value of a label. The format has escapes for newline, `"` and `\`; other control characters are spelled out. */
function escaped(value: string): string {
  const lines = value.split('\n');
  return lines.map((line) => printable(line).replaceAll(/["\\]/g, '\\$&')).join('\\n');
}

function oneLine(text: string): string {
  return printable(text).replaceAll('\\', '\\\\').replaceAll('"', "'");
}
