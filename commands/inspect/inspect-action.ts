// Lists records, or sums them up, as the flags say.
import { PapyraError } from '../../src/errors/errors.js';
import type { RecordsOptions, SummaryOptions } from '../../src/index.js';
import { LineSink, type Sink } from '../../src/output/line-sink.js';
import { RecordLines, safeJson } from '../../src/output/record-line.js';
import { holdNewSpace } from '../../src/units/collector.js';
import { consoleFor, withSystem, type Context } from '../context.js';
import type { GlobalFlags, StoreFlags } from '../options.js';

interface RangeFlags extends GlobalFlags, StoreFlags {
  since?: number;
  until?: number;
  archive?: string;
  limit?: number;
}

export type SummaryFlags = RangeFlags;

export interface RecordsFlags extends RangeFlags {
  eventType?: string;
  target?: string;
  reverse?: boolean;
  follow?: boolean;
}

/** What --follow shows of the past when nothing else is said. */
const BEFORE_FOLLOWING = 10;

/** What the runtime says. */
const NOTHING = {
  event: 'No events recorded.',
  audit: 'No audit reports recorded.',
  dead_letter: 'No dead letters recorded.',
};

type Kind = keyof typeof NOTHING;

/** Lists the records of a kind. */
export async function inspectRecords(
  kind: Kind,
  flags: RecordsFlags,
  context: Context,
): Promise<void> {
  const output = consoleFor(context, flags);
  const { follow = false, json = false, quiet = false } = flags;
  const isTerminal = context.stdout.isTTY === true;
  const sink = new LineSink(context.stdout as unknown as Sink);
  const lines = new RecordLines(output.paint, isTerminal);
  let shown = 0;
  // A reader that stops would leave it as large as it became.
  holdNewSpace();
  const options = optionsOf(kind, flags, context, (warning) => output.warnings([warning]));
  try {
    await withSystem(flags, output, context.signal, async (system) => {
      for await (const record of system.inspect.records(options)) {
        shown += 1;
        if (sink.isGone) return;
        if (quiet) continue;
        const text = json ? (isTerminal ? safeJson(record.json) : record.json) : lines.line(record);
        sink.write(text, NEWLINE);
        if (sink.isFull) await sink.flush();
      }
    });
    if (shown === 0 && !json && !quiet) sink.write(NOTHING[kind], NEWLINE);
  } catch (error) {
    if (!(error instanceof PapyraError) || error.code !== 'interrupted') throw error;
    throw stopped(error, follow);
  } finally {
    await sink.flush();
  }
}

const NEWLINE = '\n';

/** To stop is how following ends. */
function stopped({ message, signal }: PapyraError, silent: boolean): PapyraError {
  const hint = 'nothing was changed';
  return new PapyraError('interrupted', message, { hint, silent, ...(signal && { signal }) });
}

function optionsOf(
  kind: Kind,
  flags: RecordsFlags,
  { signal }: Context,
  onWarning: (warning: string) => void,
): RecordsOptions {
  const { follow = false, reverse = false, eventType, target, since } = flags;
  const limit = flags.limit ?? (follow && since === undefined && flags.archive === undefined ? BEFORE_FOLLOWING : undefined); // prettier-ignore
  return {
    kind,
    follow,
    newestFirst: reverse,
    ...rangeOf(flags),
    ...(limit === undefined ? {} : { limit }),
    ...(eventType === undefined ? {} : { type: eventType }),
    ...(target === undefined ? {} : { target }),
    signal,
    onWarning,
  };
}

function rangeOf({ since, until, archive }: RangeFlags): SummaryOptions {
  return {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(archive === undefined ? {} : { archive }),
  };
}

/** Counts the records of all kinds. */
export async function inspectSummary(flags: SummaryFlags, context: Context): Promise<void> {
  const [{ onStores }, { summaries }, { summaryText }] = await Promise.all([
    import('../stores.js'),
    import('../../src/output/summaries.js'),
    import('../../src/output/summary.js'),
  ]);
  const { signal } = context;
  const types = flags.limit === undefined ? {} : { types: flags.limit };
  await onStores(flags, context, {
    run: (system) =>
      system.inspect.summary({ ...rangeOf(flags), ...types, signal }).catch((error: unknown) => {
        throw error instanceof PapyraError && error.code === 'interrupted' ? stopped(error, false) : error; // prettier-ignore
      }),
    text: summaryText,
    warnings: ({ warnings }) => warnings,
    many: summaries,
  });
}
