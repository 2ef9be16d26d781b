// A store without bytes: chunks of records with a time, a policy that drops them, and the past that runs remember.
import { doubtOf, isDoubtable, type Doubt, type Past } from '../../src/guards/doubt.js';
import type { RetentionPolicy } from '../../src/retention/policy.js';

export interface Chunk {
  at: number;
  records: number;
  bytes: number;
}

export type Outcome = 'done' | 'nothing would be left' | Doubt;

export interface Run {
  outcome: Outcome;
  /** Of the records, from 0 to 1: what went, or would have. */
  share: number;
  /** The same of what the age limit takes. */
  aged: number;
}

export class StoreModel {
  chunks: Chunk[] = [];
  past: Past = { policy: null, lastSuccess: null };

  append(chunk: Chunk): void {
    this.chunks.push(chunk);
  }

  clone(): StoreModel {
    const copy = new StoreModel();
    copy.chunks = this.chunks.map((chunk) => ({ ...chunk }));
    copy.past = { ...this.past };
    return copy;
  }

  /** As a run does: the plan, the two guards, and what is remembered. */
  run(now: number, policy: RetentionPolicy): Run {
    const { stays, by } = this.#plan(now, policy);
    const records = sum(this.chunks, 'records');
    const kept = sum(stays, 'records');
    const share = records === 0 ? 0 : 1 - kept / records;
    if (kept === 0 && records > 0)
      return { outcome: 'nothing would be left', share: 1, aged: by.age / records };
    const dated = (side: Chunk[]) => side.map(({ at }) => at);
    const cutoff = now - (policy.max_age_seconds ?? Infinity);
    const times = {
      oldest: least(dated(this.chunks)),
      newest: most(dated(this.chunks)),
      newestExpired: most(dated(this.chunks).filter((at) => at < cutoff)),
      oldestLive: least(dated(this.chunks).filter((at) => at >= cutoff)),
    };
    const of = (taken: number) => (records === 0 ? 0 : taken / records);
    const drop = {
      ...{ now, policy, records, bytes: sum(this.chunks, 'bytes'), share, times },
      by: { age: of(by.age), count: of(by.count), size: of(by.size) },
    };
    const doubt = isDoubtable(drop) ? doubtOf(drop, this.past) : undefined;
    const { age: aged } = drop.by;
    if (doubt) return { outcome: doubt, share, aged };
    this.chunks = stays;
    this.past = { policy, lastSuccess: now };
    return { outcome: 'done', share, aged };
  }

  #plan(now: number, policy: RetentionPolicy) {
    const { max_age_seconds: age, max_records: count, max_total_bytes: size } = policy;
    const cutoff = age === null ? -Infinity : now - age;
    const live = this.chunks.filter(({ at }) => at >= cutoff);
    const by = { age: sum(this.chunks, 'records') - sum(live, 'records'), count: 0, size: 0 };
    const counted = newest(live, 'records', count ?? Infinity);
    by.count = sum(live, 'records') - sum(counted, 'records');
    const stays = newest(counted, 'bytes', size ?? Infinity);
    by.size = sum(counted, 'records') - sum(stays, 'records');
    return { stays, by };
  }
}

/** The newest chunks up to a limit, the last of them in part. */
function newest(chunks: Chunk[], of: 'records' | 'bytes', limit: number): Chunk[] {
  const kept: Chunk[] = [];
  let room = limit;
  for (const chunk of chunks.toReversed()) {
    const part = Math.min(1, room / chunk[of]);
    const records = Math.floor(chunk.records * part);
    if (records === 0) break;
    kept.push({ ...chunk, records, bytes: Math.floor((chunk.bytes * records) / chunk.records) });
    room -= chunk[of] * part;
    if (part < 1) break;
  }
  return kept.reverse();
}

function sum(chunks: readonly Chunk[], of: 'records' | 'bytes'): number {
  return chunks.reduce((total, chunk) => total + chunk[of], 0);
}

const least = (times: number[]) => times.reduce((one, other) => Math.min(one, other), Infinity) || NaN; // prettier-ignore
const most = (times: number[]) => (times.length === 0 ? NaN : times.reduce((one, other) => Math.max(one, other), -Infinity)); // prettier-ignore
