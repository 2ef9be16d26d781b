// Lists the records that a custom backend hands out.
import { PapyraError } from '../errors/errors.js';
import { newestOf } from '../log/newest-of.js';
import { classify, RecordFilter } from '../records/record-filter.js';
import { cutBy, lineStatus, type RetentionRules, type Tally } from '../retention/policy.js';
import type { CustomBackend } from './custom.js';
import type { RecordBatches, RecordsRequest } from './listing.js';

/** Retention, filter and order are papyra's: the module only hands out all that there is. */
export async function* recordsOfModule(
  backend: CustomBackend,
  file: string,
  request: RecordsRequest,
): RecordBatches {
  const { name } = backend;
  if (typeof backend.records !== 'function') {
    throw new PapyraError('usage', `the custom backend ${name} cannot list its records`, {
      hint: `a backend module can offer records() for that, see papyra-config(5); ${file} does not`,
    });
  }
  for (const [flag, given] of [['--follow', request.follow], ['--archive', request.archive !== undefined]] as const) {
    if (given) throw new PapyraError('usage', `${flag} is not for the custom backend ${name}`, { hint: 'leave it out' }); // prettier-ignore
  } // prettier-ignore
  const { rules, limit, newestFirst } = request;
  const all: Tally = { records: 0, bytes: 0 };
  for await (const { bytes } of live(backend, rules, request)) add(all, bytes);
  const filter = new RecordFilter(request.wanted);
  const source = () => shown(backend, rules, all, filter, request);
  if (limit === undefined && !newestFirst) {
    yield* source();
    return;
  }
  let total = 0;
  for await (const records of source()) total += records.length;
  yield* newestOf(source, { total, limit: limit ?? total, newestFirst });
}

async function* shown(
  backend: CustomBackend,
  rules: RetentionRules,
  all: Tally,
  filter: RecordFilter,
  request: RecordsRequest,
): RecordBatches {
  const older: Tally = { records: 0, bytes: 0 };
  for await (const { bytes, timestamp } of live(backend, rules, request)) {
    const isCut = cutBy(older, all, rules) !== null;
    add(older, bytes);
    if (isCut || !filter.mayHold(bytes) || !filter.inTime(timestamp)) continue;
    const kind = filter.kindOf(bytes);
    if (kind) yield [{ kind, timestamp, bytes }];
  }
}

async function* live(
  backend: CustomBackend,
  rules: RetentionRules,
  { signal }: RecordsRequest,
): AsyncGenerator<{ bytes: Buffer; timestamp: number }> {
  const given = { signal: signal ?? new AbortController().signal };
  for await (const text of backend.records!(given)) {
    const bytes = Buffer.from(typeof text === 'string' ? text.replaceAll('\n', ' ') : text);
    const { kind, timestamp } = classify(bytes);
    if (lineStatus(kind, timestamp, rules) === 'live') yield { bytes, timestamp };
  }
}

/** As a line of a log, with its newline. */
function add(tally: Tally, bytes: Buffer): void {
  tally.records += 1;
  tally.bytes += bytes.length + 1;
}
