// The names by which records count, and the members of a record.
import { describe, expect, test } from 'vitest';
import { FieldReader } from '../../src/records/fields.js';
import { isRecord } from '../../src/records/is-record.js';
import { fieldsOf, textOf } from '../../src/records/members.js';
import { cutText, GROUPINGS, nameOf, nameText, type Grouping } from '../../src/records/names.js';
import { addressOf, classify, kindOf, RECORD_KINDS, RecordFilter, typeOf } from '../../src/records/record-filter.js'; // prettier-ignore

function named(by: Grouping, record: string): string {
  const reader = new FieldReader();
  const bytes = Buffer.from(record);
  reader.begin();
  reader.push(bytes, 0, bytes.length);
  return nameText(by, reader.text('kind') ?? '', reader);
}

describe('a record counts', () => {
  test.each<[Grouping, string, string]>([
    ['kind', '{"kind": "event"}', '"event"'],
    ['kind', '{}', ''],
    ['type', '{"kind": "event", "event_type": "A", "message_type": "B"}', '"A"'],
    ['type', '{"kind": "dead_letter", "event_type": "A", "message_type": "B"}', '"B"'],
    ['type', '{"kind": "audit", "event_type": "A", "message_type": "B"}', ''],
    ['type', '{"kind": "other", "event_type": null, "message_type": "B"}', '"B"'],
    ['type', '{"kind": "event", "message_type": "B"}', ''],
    ['actor', '{"kind": "x", "target": "t", "actor": "a", "actor_address": "d"}', '"d"'],
    ['actor', '{"kind": "x", "target": "t", "actor": "a"}', '"a"'],
    ['actor', '{"kind": "x", "target": "t"}', '"t"'],
    ['actor', '{"kind": "x"}', ''],
  ])('by its %s: %s', (by, record, name) => expect(named(by, record)).toBe(name));

  test('by as much of a text as a name may need', () => {
    const long = `"${'x'.repeat(1300)}"`;
    expect(cutText('"short"')).toBe('"short"');
    expect(cutText(long)).toBe(long.slice(0, 1202));
    expect(cutText(long.slice(0, 1202))).toBe(long.slice(0, 1202));
    expect(named('kind', `{"kind": ${long}}`)).toBe(long.slice(0, 1202));
    expect(GROUPINGS).toEqual(['kind', 'type', 'actor']);
  });

  const x = (count: number) => 'x'.repeat(count);

  test.each([
    ['', null],
    ['null', null],
    ['"a"', 'a'],
    ['7', '7'],
    ['NaN', 'NaN'],
    ['{"system": "local", "actor_id": 77}', 'local://77'],
    ['{"system": "local", "actor_id": "a"}', 'local://a'],
    ['{"system": "local", "actor_id": 12345678901234567890}', 'local://12345678901234567890'],
    ['{"system":"local","actor_id":12345678901234567890}', 'local://12345678901234567890'],
    ['{"actor_id" : -12345678901234567890 , "system": "local"}', 'local://-12345678901234567890'],
    ['{"system": "local", "actor_id": 1.5}', '{"system": "local", "actor_id": 1.5}'],
    ['{"system": 1, "actor_id": 77}', '{"system": 1, "actor_id": 77}'],
    ['["a"]', '["a"]'],
    [`"${x(300)}"`, x(200)],
    [`"${x(300)}`, x(200)],
    [`"${x(250)}\\u12`, x(200)],
    [`"${x(250)}\\`, x(200)],
    ['"\u00c3\u00bc"', 'ü'],
    [x(300), x(200)],
  ])('%s is %s in words', (text, name) => {
    expect(nameOf(text)).toBe(name);
  });

  test.each([
    ['\\u12', ''],
    ['\\u1', ''],
    ['\\u', ''],
    ['\\', ''],
    ['\\\\', '\\'],
    ['\\\\\\', '\\'],
    ['\\\\\\\\u1', '\\'],
    ['\\"', '"'],
    ['\\u0062', 'b'],
  ])('a name that was cut at %s ends with what is whole: %j', (end, last) => {
    expect(nameOf(`"${'\\u0061'.repeat(190)}${x(9)}${end}`)).toBe('a'.repeat(190) + x(9) + last);
  });

  test.each(['\\', '"', '\n', 'ü', '\u{1f600}'])('a long name of %j is cut, not quoted', (one) => {
    const text = cutText(Buffer.from(JSON.stringify(one.repeat(1300))).toString('latin1'));
    expect(nameOf(text)).toBe(one.repeat(200).slice(0, 200));
  });
});

describe('the members of a record', () => {
  test.each([
    ['{}', []],
    [' { } ', []],
    ['{"a":1}', [['a', '1']]],
    [' {\t"a" \r\n:\t[1, {"b": "]}"}] , "c":"\\"}" } ', [['a', '[1, {"b": "]}"}]'], ['c', '"\\"}"']]],
    ['{"a": NaN, "b": -Infinity}', [['a', 'NaN'], ['b', '-Infinity']]],
    ['{"a": 1, "a": 2}', [['a', '2']]],
    ['{"\\u0061": "\\\\"}', [['a', '"\\\\"']]],
    ['{"a": {"x": {}}, "b": [[]]}', [['a', '{"x": {}}'], ['b', '[[]]']]],
    ['{"a":1\t,"b":2\r,"c":3\n}', [['a', '1'], ['b', '2'], ['c', '3']]],
  ])('of %s are found', (text, members) => expect([...fieldsOf(text)]).toEqual(members)); // prettier-ignore

  test('are texts where they are strings', () => {
    expect([textOf('"a\\u0062"'), textOf('"a"'), textOf('1'), textOf(undefined)]).toEqual(['ab', 'a', undefined, undefined]); // prettier-ignore
  });

  test.each([
    ['{"kind": "event"}\n', true],
    ['{"kind": "event", "timestamp": 1}\n', true],
    ['[]\n', false],
    ['\n', false],
  ])('belong to a record: %j is %s', (line, is) => expect(isRecord(Buffer.from(line))).toBe(is));
});

describe('a record is asked for', () => {
  const event =
    '{"kind": "event", "event_type": "A", "actor_address": {"system": "s", "actor_id": 7}, "timestamp": 5}';
  const letter = '{"kind": "dead_letter", "message_type": "B", "target": "s://8"}';
  const audit =
    '{"kind": "audit", "event_type": "A", "message_type": "B", "target": "x", "actor_address": "x"}';

  test('by its kind, its type, its address', () => {
    const of = (text: string) => fieldsOf(text);
    expect(RECORD_KINDS).toEqual(['event', 'audit', 'dead_letter']);
    expect([event, letter, audit, '{}'].map((text) => kindOf(of(text)))).toEqual([
      'event',
      'dead_letter',
      'audit',
      undefined,
    ]);
    expect([
      typeOf('event', of(event)),
      typeOf('dead_letter', of(letter)),
      typeOf('audit', of(audit)),
      typeOf('event', of(letter)),
    ]).toEqual(['A', 'B', undefined, undefined]);
    expect([
      addressOf('event', of(event)),
      addressOf('dead_letter', of(letter)),
      addressOf('audit', of(audit)),
      addressOf('event', of(letter)),
    ]).toEqual(['s://7', 's://8', undefined, undefined]);
  });

  test.each([
    ['{"system": "s", "actor_id": "a"}', 's://a'],
    ['{"system": "s", "actor_id": 12345678901234567890}', 's://12345678901234567890'],
    ['{"system": 1, "actor_id": "a"}', undefined],
    ['{"system": "s", "actor_id": [1]}', undefined],
    ['[1]', undefined],
    [`"${'x'.repeat(9998)}"`, 'x'.repeat(9998)],
    [`"${'x'.repeat(9999)}"`, undefined],
  ])('the address %s is %s', (text, address) => {
    expect(addressOf('event', fieldsOf(`{"actor_address": ${text}}`))).toBe(address);
  });

  test('what a line is, with its time', () => {
    expect(classify(Buffer.from(event))).toEqual({ kind: 'record', timestamp: 5 });
    expect(classify(Buffer.from(letter)).kind).toBe('undated');
    expect(classify(Buffer.from('x')).kind).toBe('unreadable');
    expect(classify(Buffer.from('')).kind).toBe('blank');
  });

  test('a quick look finds the words that have to be in it', () => {
    const may = (wanted: object, line: string, as?: 'event' | 'audit') =>
      new RecordFilter(wanted).mayHold(Buffer.from(line), as);
    expect([
      may({}, 'x'),
      may({ kind: 'event' }, event),
      may({ kind: 'event' }, letter),
      may({ kind: 'audit' }, event, 'event'),
    ]).toEqual([true, true, false, true]);
    expect([
      may({ type: 'A' }, event),
      may({ type: 'B' }, event),
      may({ kind: 'event', type: 'B' }, event),
    ]).toEqual([true, false, false]);
    // What may be spelt in more than one way is no word to look for.
    expect([
      may({ type: 'ü' }, event),
      may({ type: 'a b.c:d-e' }, event),
      may({ type: 'B' }, '{"\\u0041"}'),
    ]).toEqual([true, false, true]);
    expect(may({ type: 'A' }, '{"event_type": "xA"}')).toBe(false);
  });

  test('by its time, both ends included', () => {
    const times = [4, 5, 6, 7, NaN];
    const among = (wanted: object) => times.filter((time) => new RecordFilter(wanted).inTime(time));
    expect(among({})).toEqual([4, 5, 6, 7, NaN]);
    expect(among({ since: 5 })).toEqual([5, 6, 7]);
    expect(among({ until: 6 })).toEqual([4, 5, 6]);
    expect(among({ since: 5, until: 6 })).toEqual([5, 6]);
  });

  test('in the end', () => {
    const kind = (wanted: object, line: string, as?: 'event' | 'audit' | 'dead_letter') =>
      new RecordFilter(wanted).kindOf(Buffer.from(line), as);
    expect([kind({}, event), kind({}, '{"kind": "x"}'), kind({}, 'x', 'event')]).toEqual([
      'event',
      undefined,
      'event',
    ]);
    expect([
      kind({ kind: 'event' }, event),
      kind({ kind: 'audit' }, event),
      kind({ kind: 'audit' }, event, 'event'),
    ]).toEqual(['event', undefined, undefined]);
    expect([
      kind({ type: 'A' }, event),
      kind({ type: 'B' }, event),
      kind({ type: 'B' }, letter, 'dead_letter'),
      kind({ type: 'A' }, letter, 'dead_letter'),
    ]).toEqual(['event', undefined, 'dead_letter', undefined]);
    expect([
      kind({ target: 's://7' }, event),
      kind({ target: 's://8' }, event),
      kind({ target: 's://8' }, event, 'event'),
      kind({ target: 's://8', kind: 'dead_letter' }, letter, 'dead_letter'),
    ]).toEqual(['event', undefined, undefined, 'dead_letter']);
  });
});
