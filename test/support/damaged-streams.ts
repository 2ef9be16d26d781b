// Makes entries of streams from a seed, intact and damaged, and says which is which.
import type { Redis } from 'ioredis';
import type { Random } from './random.js';

export interface MadeEntry {
  id: string;
  /** Names and values, one after the other. */
  fields: Buffer[];
  damaged: boolean;
}

export interface MadeStream {
  key: string;
  /** What is there, oldest first. */
  entries: MadeEntry[];
}

const START = 1_790_000_000_000;

/** Where pages of entries end when each may be twice as long as the one before, and a little beside it. */
const EDGES = [1, 3, 7, 15, 31, 63, 127, 227].flatMap((edge) => [edge - 1, edge, edge + 1]);

/** A record as the runtime writes it, or of another shape that it reads all the same. */
function intact(random: Random, at: number): Buffer[] {
  const plain = `{"kind": "event", "timestamp": ${at / 1000}, "payload": "é\\u2028 ${'x'.repeat(random.below(60))}"}`;
  const data = random.pick([
    plain,
    plain,
    plain,
    '{"kind": "audit"}',
    '{}',
    `{"timestamp": ${at / 1000},\n "payload": [NaN, -Infinity, 123456789012345678901234567890]}\n`,
    `  {"a": "\\ud800", "timestamp": 1e400}\t`,
  ]);
  const fields = [Buffer.from('data'), Buffer.from(data)];
  if (random.chance(0.1)) fields.unshift(Buffer.from('data'), Buffer.from('torn'));
  if (random.chance(0.1)) fields.push(Buffer.from([0, 255]), Buffer.from([1, 0, 254, 10]));
  return fields;
}

function damaged(random: Random, at: number): Buffer[] {
  const record = Buffer.from(`{"kind": "event", "timestamp": ${at / 1000}, "payload": "p"}`);
  const data = (content: string | Buffer): Buffer[] => [Buffer.from('data'), Buffer.from(content)];
  const other = (name: string, content: string | Buffer): Buffer[] => [Buffer.from(name), Buffer.from(content)]; // prettier-ignore
  const some = Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)));
  return random.pick([
    () => other('Data', record),
    () => other('', ''),
    () => other('payload', some),
    () => [...other('a', some), ...other('b', '\u001b[31m')],
    () => data(record.subarray(0, random.below(record.length))),
    () => data(Buffer.concat([record, record])),
    () => data(Buffer.concat([record, Buffer.from('\n'), record])),
    () => data(Buffer.concat([record.subarray(0, -2), Buffer.from([0xff]), record.subarray(-2)])),
    () => data(Buffer.concat([Buffer.from([0xff]), some])),
    () => data(Buffer.alloc(1 + random.below(300))),
    () => data(Buffer.concat([record, Buffer.alloc(8)])),
    () => data(random.pick(['', ' ', '\n', '[]', '[{}]', '7', 'null', '"{}"', 'NaN', "{'a': 1}"])),
    () => [...data(record), ...other('x', some), ...data('torn again')],
    () => [...other('x', some), ...data(record.subarray(1))],
  ])();
}

/** A stream with holes, of nodes of the size that the server is set to, and perhaps none at all. */
export async function damagedStream(
  random: Random,
  client: Redis,
  key: string,
): Promise<MadeStream> {
  const count = random.pick([0, 1, 2, random.below(20), random.below(300)]);
  const share = random.pick([0, 0.02, 0.2, 1]);
  const edges = new Set(Array.from({ length: random.below(6) }, () => random.pick(EDGES)));
  const made: MadeEntry[] = [];
  for (let n = 0; n < count; n++) {
    const at = START + n * random.pick([0, 1, 1000]) + n;
    const isDamaged = edges.has(n) || random.chance(share);
    const id = `${Math.max(at, Number(made.at(-1)?.id.split('-')[0] ?? 0))}-${n}`;
    made.push({ id, fields: isDamaged ? damaged(random, at) : intact(random, at), damaged: isDamaged }); // prettier-ignore
  }
  for (const { id, fields } of made) void client.xadd(key, id, ...fields);
  const holes = random.pick([0, 0, 0.1, 0.6]);
  const deleted = new Set(made.filter(() => random.chance(holes)).map(({ id }) => id));
  // The first ones and the last ones, too.
  if (random.chance(0.2)) for (const { id } of made.slice(0, random.below(4))) deleted.add(id);
  if (random.chance(0.2)) for (const { id } of made.slice(-1 - random.below(4))) deleted.add(id);
  if (deleted.size > 0) await client.xdel(key, ...deleted);
  return { key, entries: made.filter(({ id }) => !deleted.has(id)) };
}

/** What is in a stream, in bytes, oldest first. */
export async function rawStream(
  client: Pick<Redis, 'callBuffer'>,
  key: string,
): Promise<[id: string, fields: Buffer[]][]> {
  const reply = (await client.callBuffer('XRANGE', key, '-', '+')) as [Buffer, Buffer[]][];
  return reply.map(([id, fields]) => [id.toString(), fields]);
}

/** The bytes of an entry's fields. */
export function sizeOf(fields: readonly Buffer[]): number {
  return fields.reduce((sum, { length }) => sum + length, 0);
}
