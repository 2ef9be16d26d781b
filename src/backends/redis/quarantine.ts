// Copies corrupted entries to the runtime's quarantine stream before they are deleted.
import { createHash } from 'node:crypto';
import { noteBytes } from './collect.js';
import { bytesOf, dataAt, entries, type Entry } from './entries.js';
import { fieldsJson } from './field-texts.js';
import { masterOf, type StreamLocation } from './nodes.js';
import type { Session } from './session.js';
import { readState } from './stream.js';

/** So many entries are copied before they are deleted; a page of them, or one that is larger. */
export const MOST_COPIED = 100;
/**
 * A run that was killed has copied at most one batch that it has not deleted: this much of the end of the quarantine
 * stream has all of it. Bytes are more than those of a batch, for what is no text takes more room as JSON.
 */
const TAIL_ENTRIES = 2 * MOST_COPIED;
const TAIL_BYTES = 2 * 1024 * 1024;

/** What of an entry is kept, beside where it was. */
interface Copy {
  /** As it was, byte for byte; null: the entry had none. */
  data: Buffer | null;
  /** All other fields, as a JSON list of pairs; null: there were none. */
  fields: Buffer | null;
}

/**
 * Named as the runtime names it: `papyra:local:events` goes to `papyra:local:quarantine:papyra_local_events`.
 * Its entries have the fields `source`, `id`, `timestamp` (seconds since 1970: when they were copied), and `data` and
 * `fields` as they were.
 */
export function quarantineKey(stream: string): string {
  const system = stream.slice(0, stream.lastIndexOf(':'));
  return `${system}:quarantine:${stream.replaceAll(':', '_')}`;
}

/** The quarantine stream of one stream; in a cluster it may be on another master. */
export class Quarantine {
  readonly #source: string;
  /** The copies at its end, by id of the entry. */
  #tail: Map<string, string> | undefined;

  private constructor(
    readonly session: Session,
    readonly place: StreamLocation,
    source: string,
  ) {
    this.#source = source;
  }

  /**
   * Looks at the key, and changes nothing.
   *
   * @throws {PapyraError} when it is something other than a stream, or may not be looked at.
   */
  static async of(session: Session, { key: source }: StreamLocation): Promise<Quarantine> {
    const key = quarantineKey(source);
    const node = await session.inspect((client) => masterOf(client, key));
    await readState(session, { key, node });
    return new Quarantine(session, { key, node }, source);
  }

  /** Once it returns, a copy of each is there. One that a killed run has made is not made again. */
  async keep(batch: readonly Entry[]): Promise<void> {
    const { session, place } = this;
    const tail = (this.#tail ??= await this.#readTail());
    const missing = batch.flatMap((entry) => {
      const copy = copyOf(entry);
      const known = tail.get(entry.id);
      return known !== undefined && known === digestOf(copy) ? [] : { id: entry.id, copy };
    });
    // What was made on the way to the copies is garbage by now; what sending them makes is, soon.
    for (const { copy } of missing) noteBytes(2 * sizeOf(copy));
    const now = String(Date.now() / 1000);
    await session.run(place.node, (client) =>
      Promise.all(
        missing.map(({ id, copy: { data, fields } }) =>
          client.xadd(
            place.key,
            '*',
            ...['source', this.#source, 'id', id, 'timestamp', now],
            ...(data ? ['data', data] : []),
            ...(fields ? ['fields', fields] : []),
          ),
        ),
      ),
    );
    for (const { copy } of missing) noteBytes(sizeOf(copy));
  }

  /** After a failover copies may be gone: the next `keep` looks again. */
  doubt(): void {
    this.#tail = undefined;
  }

  async #readTail(): Promise<Map<string, string>> {
    const tail = new Map<string, string>();
    const range = { from: '+', to: '-', newestFirst: true, limit: TAIL_ENTRIES };
    let bytes = 0;
    for await (const entry of entries(this.session, this.place, range)) {
      const field = (name: string) => valueOf(entry, name);
      const id = field('id')?.toString();
      if (id !== undefined && field('source')?.toString() === this.#source && !tail.has(id)) {
        tail.set(id, digestOf({ data: entry.data, fields: field('fields') }));
      }
      bytes += bytesOf(entry);
      if (bytes > TAIL_BYTES) break;
    }
    return tail;
  }
}

function copyOf({ fields, data }: Entry): Copy {
  const at = dataAt(fields);
  const others = data === null ? fields : fields.filter((_, index) => index !== at && index !== at + 1); // prettier-ignore
  return {
    data,
    fields: others.length === 0 ? null : fieldsJson(others),
  };
}

function sizeOf({ data, fields }: Copy): number {
  return (data?.length ?? 0) + 3 * (fields?.length ?? 0);
}

function digestOf({ data, fields }: Copy): string {
  const hash = createHash('sha256').update(`${data?.length},${fields?.length}:`);
  if (data) hash.update(data);
  if (fields) hash.update(fields);
  return hash.digest('base64');
}

function valueOf({ fields }: Entry, name: string): Buffer | null {
  const at = fields.findIndex((field, index) => index % 2 === 0 && field.toString() === name);
  return at === -1 ? null : fields[at + 1]!;
}
