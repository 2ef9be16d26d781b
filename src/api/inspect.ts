// Lists and sums up the records of a store, for the library and the command line.
import type { Backend } from '../backends/backend.js';
import type { RecordsRequest } from '../backends/listing.js';
import type { EffectiveConfig } from '../config/types.js';
import { givenPath } from '../config/unexpanded.js';
import { PapyraError } from '../errors/errors.js';
import { fieldsOf } from '../records/members.js';
import { RECORD_KINDS, typeOf, type RecordKind } from '../records/record-filter.js';
import type { AuditSummary, InspectSummary, KindSummary } from '../report/summary.js';
import { policyOf } from '../retention/policy.js';
import type { RecordsOptions, SummaryOptions } from './call-options.js';
import { checkRecordsOptions, checkSummaryOptions } from './call.js';

/** A record as `inspect.records()` hands it out. */
export interface ListedRecord {
  kind: RecordKind;
  /** Seconds since 1970; null: it has none. */
  timestamp: number | null;
  /** Its JSON, byte for byte as it is stored, without a newline. Valid until the next record is asked for. */
  json: Uint8Array;
}

/** The records that retention shows, one by one. */
export async function* listRecords(
  config: EffectiveConfig,
  backend: Backend,
  how: RecordsOptions,
): AsyncGenerator<ListedRecord, void, undefined> {
  checkRecordsOptions(how);
  for await (const records of batches(backend, await requestOf(config, backend, how))) {
    for (const { kind, timestamp, bytes } of records) {
      yield { kind, timestamp: Number.isNaN(timestamp) ? null : timestamp, json: bytes };
    }
  }
}

function batches(backend: Backend, request: RecordsRequest) {
  if (backend.records) return backend.records(request);
  throw new PapyraError('usage', `the backend ${backend.name} cannot list its records`);
}

async function requestOf(
  config: EffectiveConfig,
  backend: Backend,
  how: RecordsOptions,
): Promise<RecordsRequest> {
  const { retention } = config;
  const { kind, type, target, since, until, limit, signal } = how;
  return {
    wanted: { kind, type, target, since, until },
    rules: { ...retention, now: Date.now() / 1000, unreadable: 'keep', undated: 'keep' },
    limit,
    newestFirst: how.newestFirst ?? false,
    follow: how.follow ?? false,
    archive: await archivesIn(how.archive, { config, backend }),
    signal,
    onWarning: how.onWarning ?? (() => undefined),
  };
}

async function archivesIn(
  given: string | undefined,
  store: { config: EffectiveConfig; backend: Backend },
): Promise<RecordsRequest['archive']> {
  if (given === undefined) return undefined;
  const directory = givenPath('--archive', given);
  // Other backends say that they have none.
  const { archivesOf } = await import('./archive.js');
  const hasArchives = 'path' in store.config.store || store.config.store.backend === 'redis';
  return { directory, files: hasArchives ? await archivesOf(store, directory) : [] };
}

/** So many types are told apart, of each kind. */
const MOST_TYPES = 10_000;
const TYPES = 5;
/** Of a longer type only the beginning is told. */
const TYPE_CHARACTERS = 200;

/** Counts the records that retention shows. */
export async function summarize(
  config: EffectiveConfig,
  backend: Backend,
  how: SummaryOptions,
): Promise<InspectSummary> {
  checkSummaryOptions(how);
  const { types = TYPES, ...range } = how;
  const warnings: string[] = [];
  const onWarning = (warning: string): void => {
    // Of many lines that are too long, a few will do.
    if (warnings.length < 20) warnings.push(warning);
  };
  const counts = new Map(RECORD_KINDS.map((kind) => [kind, new KindCount(kind)]));
  let lastAudit: Buffer | undefined;
  for await (const records of batches(
    backend,
    await requestOf(config, backend, { ...range, onWarning }),
  )) {
    for (const { kind, timestamp, bytes } of records) {
      counts.get(kind)!.add(timestamp, bytes);
      if (kind === 'audit') lastAudit = Buffer.from(bytes);
    }
  }
  const kinds = [...counts.values()].map((count) => count.summary(types));
  const sum = (of: 'records' | 'bytes') => kinds.reduce((all, kind) => all + kind[of], 0);
  return {
    schema: 'papyra.summary/v1',
    backend: backend.name,
    target: backend.target,
    policy: policyOf(config.retention),
    records: sum('records'),
    bytes: sum('bytes'),
    kinds,
    latest_audit: lastAudit ? auditOf(lastAudit) : null,
    warnings,
  };
}

class KindCount {
  #records = 0;
  #bytes = 0;
  #oldest = NaN;
  #newest = NaN;
  readonly #types = new Map<string, number>();

  constructor(readonly kind: RecordKind) {}

  add(timestamp: number, bytes: Buffer): void {
    this.#records += 1;
    this.#bytes += bytes.length;
    if (timestamp < this.#oldest || Number.isNaN(this.#oldest)) this.#oldest = timestamp;
    if (timestamp > this.#newest || Number.isNaN(this.#newest)) this.#newest = timestamp;
    if (this.kind === 'audit') return;
    const named = typeOf(this.kind, fieldsOf(bytes.toString('utf8'))) ?? '';
    const type = named.slice(0, TYPE_CHARACTERS);
    const count = this.#types.get(type);
    if (count !== undefined || this.#types.size < MOST_TYPES)
      this.#types.set(type, (count ?? 0) + 1);
  }

  summary(types: number): KindSummary {
    const frequent = [...this.#types].sort(
      ([a, one], [b, other]) => other - one || (a < b ? -1 : 1),
    );
    return {
      kind: this.kind,
      records: this.#records,
      bytes: this.#bytes,
      oldest: isoOf(this.#oldest),
      newest: isoOf(this.#newest),
      types: frequent.slice(0, types).map(([type, records]) => ({ type, records })),
    };
  }
}

function isoOf(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function auditOf(bytes: Buffer): AuditSummary {
  const fields = fieldsOf(bytes.toString('utf8'));
  const number = (name: string): number | null => {
    const value = Number(fields.get(name) ?? 'none');
    return Number.isFinite(value) ? value : null;
  };
  return {
    timestamp: number('timestamp'),
    total_actors: number('total_actors'),
    alive_actors: number('alive_actors'),
    stopping_actors: number('stopping_actors'),
    restarting_actors: number('restarting_actors'),
    dead_letters_count: number('dead_letters_count'),
  };
}
