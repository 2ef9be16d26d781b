// The fields of records are what a plain reading of their JSON says.
import { expect, test } from 'vitest';
import { FieldReader, FIELDS, type Field } from '../../src/records/fields.js';
import { Random, testSeed } from '../support/random.js';
import { records } from '../support/records.js';

const reader = new FieldReader();

/** The values, by reading a record in pieces that end at some of its bytes. */
function valuesOf(record: string, cuts: readonly number[] = []): Record<string, string> {
  const bytes = Buffer.from(record);
  reader.begin();
  let from = 0;
  for (const to of [...cuts, bytes.length].sort((a, b) => a - b)) {
    // Each piece in a buffer of its own, as it is with lines that are read in pieces.
    const piece = Buffer.from(bytes.subarray(from, to));
    reader.push(piece, 0, piece.length);
    from = to;
  }
  const found = FIELDS.map((field) => [field, reader.text(field)] as const);
  return Object.fromEntries(
    found
      .filter(([, text]) => text !== undefined)
      .map(([field, text]) => [field, Buffer.from(text!, 'latin1').toString()]),
  );
}

test.each<[string, Partial<Record<Field, string>>]>([
  ['{}', {}],
  ['{"kind": "event", "timestamp": 1.5}', { kind: '"event"', timestamp: '1.5' }],
  ['{"kind":"a","kind":"b"}', { kind: '"b"' }],
  ['{"kind":"a","\\u006bind":{"kind":"c"}}', { kind: '{"kind":"c"}' }],
  ['{"payload": {"kind": "x", "timestamp": [1, {"target": 2}]}, "kind": null}', { kind: 'null' }],
  ['{"a": "\\"kind\\": 1", "target": "say \\\\"}', { target: '"say \\\\"' }],
  ['{"a": NaN, "timestamp": -Infinity, "b": [NaN]}', { timestamp: '-Infinity' }],
  ['{"actor": 123456789012345678901234567890 , "z": 1}', { actor: '123456789012345678901234567890' }],
  ['{ "actor_address" : { "system" : "a}]\\"" , "actor_id" : 7 } , "x": [] }\r', { actor_address: '{ "system" : "a}]\\"" , "actor_id" : 7 }' }],
  ['{"event_typf": 1, "message_typ": 2, "": 3, "kinds": 4, "event_type": "日本語"}', { event_type: '"日本語"' }],
  ['{"timestamp": 1790000000.0}', { timestamp: '1790000000.0' }],
])('the fields of %s, in one piece and cut at each byte', (record, expected) => {
  expect(valuesOf(record)).toEqual(expected);
  const { length } = Buffer.from(record);
  for (let at = 0; at <= length; at++) expect(valuesOf(record, [at])).toEqual(expected);
  expect(valuesOf(record, Array.from({ length }, (_, at) => at))).toEqual(expected);
}); // prettier-ignore

test('records of the runtime in random pieces have the fields that a plain reading finds', () => {
  const seed = testSeed('fields of records');
  const random = new Random(seed);
  for (const record of records({ seed, count: 3000, start: 1_790_000_000, step: 97.123456 })) {
    const plain = JSON.parse(record.replace(/(?<=: )(?:NaN|-?Infinity)/g, '0')) as object;
    const { length } = Buffer.from(record);
    const cuts = Array.from({ length: random.below(4) }, () => random.below(length + 1));
    const found = Object.entries(valuesOf(record, cuts)).map(([field, text]) => [
      field,
      JSON.parse(text) as unknown,
    ]);
    const expected = Object.entries(plain).filter(([field]) => FIELDS.includes(field as Field));
    expect(Object.fromEntries(found), `seed ${seed}: ${record}`).toEqual(
      Object.fromEntries(expected),
    );
  }
});

test('of a value of many pieces the first 8192 bytes are kept, and what follows is found', () => {
  const record = `{"kind": "${'x'.repeat(100_000)}", "timestamp": 5}`;
  const cuts = Array.from({ length: 100 }, (_, at) => at * 1000);
  const { kind, timestamp } = valuesOf(record, cuts);
  expect(kind).toBe(`"${'x'.repeat(8191)}`);
  expect(timestamp).toBe('5');
});
