// Makes the text of the metrics for Prometheus.
import { printable } from '../text/printable.js';
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

/** The metrics of a store; where there are many, with its label. */
export type StoreMetrics = MetricsReport & { store?: string };

/** A store as a family of metrics sees it. */
interface Seen {
  report: StoreMetrics;
  labels: string;
  /** The samples written earlier, by name and labels. */
  earlier: () => Map<string, string>;
}

interface Sample {
  name: string;
  labels: string;
  /** null: it is left out. */
  value: number | string | null;
}

interface Family {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: (store: Seen) => Sample[];
}

const FAMILIES: Family[] = [
  ...Object.entries(COUNTERS).map(([key, help]) => counter(key as keyof Counters, help)),
  gauge('disk_usage_bytes', 'Bytes that the store takes', ({ report }) => report.disk_usage_bytes),
  gauge(
    'last_compaction_timestamp_seconds',
    'When the last compaction ended, well or not; 0: none is known',
    ({ report: { last_run, last_success } }) => {
      // A reset forgets the runs but keeps the last success: then that is the last end that is known.
      const lastEnd = last_run ? endOf(last_run) : last_success;
      return lastEnd === null ? 0 : secondsOf(lastEnd);
    },
  ),
  gauge(
    'last_compaction_duration_seconds',
    'How long the last compaction took',
    ({ report: { last_run } }) => (last_run ? last_run.duration_ms / 1000 : 0),
  ),
  gauge(
    'last_success_timestamp_seconds',
    'When the last compaction that ended well did so; 0: none is known',
    ({ report: { last_success }, labels, earlier }) =>
      last_success
        ? secondsOf(last_success)
        : (earlier().get(`papyra_last_success_timestamp_seconds{${labels}}`) ?? 0),
  ),
  {
    name: 'papyra_last_compaction_status',
    type: 'gauge',
    help: 'How the last compaction ended: 1 for the status it had',
    samples: ({ report: { last_run }, labels }) =>
      STATUSES.map((status) => ({
        name: 'papyra_last_compaction_status',
        labels: `${labels},status="${status}"`,
        value: last_run?.status === status ? 1 : 0,
      })),
  },
  gauge('growth_bytes_per_day', 'Bytes that arrive in a day', ({ report }) => report.forecast?.bytes_per_day ?? null), // prettier-ignore
  gauge('growth_records_per_day', 'Records that arrive in a day', ({ report }) => report.forecast?.records_per_day ?? null), // prettier-ignore
  gauge(
    'forecast_level_bytes',
    'The most that the store will take under its limits at this pace',
    ({ report }) => report.forecast?.levels_off?.bytes ?? null,
  ),
  gauge(
    'forecast_full_seconds',
    'Time until the growth of this store alone fills its disk or memory; +Inf: it will not, in ten years',
    ({ report: { forecast } }) => {
      if (forecast?.full) return Math.round(forecast.full.in_days * 86_400);
      return forecast?.room && forecast.unknown === null ? '+Inf' : null;
    },
  ),
  {
    name: 'papyra_guarded_runs',
    type: 'gauge',
    help: 'Last runs in a row that a guard refused (max_drop) or let wait (min_reclaim)',
    samples: ({ report: { guarded, unavailable }, labels: store, earlier }) =>
      (['max_drop', 'min_reclaim'] as const).map((guard) => {
        const labels = `${store},guard="${guard}"`;
        const runs = guarded?.guard === guard ? guarded.runs : 0;
        const name = 'papyra_guarded_runs';
        const value =
          unavailable === undefined ? runs : (earlier().get(`${name}{${labels}}`) ?? null);
        return { name, labels, value };
      }),
  },
];

function counter(key: keyof Counters, help: string): Family {
  const name = `papyra_${key}_total`;
  const samples = ({ report, labels, earlier }: Seen): Sample[] => [
    { name, labels, value: report[key] ?? earlier().get(`${name}{${labels}}`) ?? null },
  ];
  return { name: `papyra_${key}`, type: 'counter', help, samples };
}

function gauge(key: string, help: string, value: (store: Seen) => Sample['value']): Family {
  const name = `papyra_${key}`;
  const samples = (store: Seen): Sample[] => [{ name, labels: store.labels, value: value(store) }];
  return { name, type: 'gauge', help, samples };
}

/**
 * The format is OpenMetrics, in base units. The older text parser (that of node_exporter's textfile collector) reads it
 * as well, but takes the counters for untyped.
 *
 * @param before - The text written earlier: counters of the same store that a report does not know are taken from it.
 * @param kept - Labels of stores: what `before` says of them stays, where there is no report of them.
 */
export function prometheusText(
  reports: StoreMetrics | readonly StoreMetrics[],
  before = '',
  kept: readonly string[] = [],
): string {
  const all: readonly StoreMetrics[] = Array.isArray(reports) ? reports : [reports as StoreMetrics];
  const known = all.filter(({ unavailable, last_run }) => unavailable === undefined || last_run);
  // Parsed only where something of it is needed: with many stores it is long.
  let parsed: Map<string, string> | undefined;
  const earlier = () => (parsed ??= samplesIn(before));
  const stores = known.map((report) => ({ report, labels: labelsOf(report), earlier }));
  const others = samplesOf(kept, known, earlier);
  if (stores.length === 0 && others.length === 0) {
    const why = all[0]?.unavailable ?? 'there is no store';
    return `# HELP papyra_metrics unavailable: ${oneLine(why)}\n# EOF\n`;
  }
  const blocks = FAMILIES.map((family) => {
    const names = [family.name, `${family.name}_total`];
    const same = others.filter(({ name }) => names.includes(name));
    return render(family, [...stores.flatMap((store) => family.samples(store)), ...same]);
  });
  return `${blocks.join('')}# EOF\n`;
}

function labelsOf({ store, backend, target }: StoreMetrics): string {
  const name = store === undefined ? '' : `store="${escaped(store)}",`;
  return `${name}backend="${escaped(backend)}",target="${escaped(target ?? '')}"`;
}

/** The earlier samples of stores without a report. */
function samplesOf(
  kept: readonly string[],
  reported: StoreMetrics[],
  earlier: () => Map<string, string>,
): Sample[] {
  const wanted = new Set(kept.map(escaped));
  for (const { store } of reported) if (store !== undefined) wanted.delete(escaped(store));
  if (wanted.size === 0) return [];
  return [...earlier()].flatMap(([key, value]) => {
    const [, name, labels, store] = /^(\w+)\{(store="((?:[^"\\]|\\.)*)",.*)\}$/.exec(key) ?? [];
    return name && labels && wanted.has(store!) ? [{ name, labels, value }] : [];
  });
}

function render({ name, type, help }: Family, samples: Sample[]): string {
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
