// What an inspection must say, in its plainest form: every line parsed, every rule a loop.
import { classifyByPython } from './oracle.js';

export interface PlainLine {
  kind: string;
  /** NaN: it has none. */
  timestamp: number;
  bytes: number;
  text: string;
}

export interface PlainRules {
  now: number;
  max_age_seconds: number | null;
  max_records: number | null;
  max_total_bytes: number | null;
}

/** The lines of the files of a log, the oldest first: the end of all but the last file ends its last line. */
export function plainLines(files: readonly Buffer[]): PlainLine[][] {
  const pieces = files.map((content, at) => {
    const lines = content.toString('latin1').split('\n');
    const rest = lines.pop()!;
    const whole = lines.map((line) => ({ line, bytes: line.length + 1 }));
    const isLast = at === files.length - 1;
    return rest === '' || isLast ? whole : [...whole, { line: rest, bytes: rest.length }];
  });
  const all = pieces.flat().map(({ line }) => Buffer.from(line, 'latin1'));
  const classified = all.length === 0 ? [] : classifyByPython(all);
  let at = 0;
  return pieces.map((lines) =>
    lines.map(({ line, bytes }) => {
      const [kind, timestamp] = classified[at++]!;
      const text = Buffer.from(line, 'latin1').toString();
      return { kind, timestamp: timestamp ?? NaN, bytes, text };
    }),
  );
}

/** How many go by which limit, and how many bytes they are. */
export function plainExpiry(lines: readonly PlainLine[], rules: PlainRules) {
  const { now, max_age_seconds: age, max_records, max_total_bytes } = rules;
  const by = { age: 0, count: 0, size: 0 };
  let bytes = 0;
  let live: PlainLine[] = [];
  for (const line of lines) {
    if (line.kind === 'record' && age !== null && line.timestamp < now - age) {
      by.age += 1;
      bytes += line.bytes;
    } else if (line.kind === 'record' || (line.kind === 'undated' && age === null)) live.push(line);
  }
  if (max_records !== null && live.length > max_records) {
    const going = live.slice(0, live.length - max_records);
    by.count = going.length;
    for (const line of going) bytes += line.bytes;
    live = live.slice(live.length - max_records);
  }
  if (max_total_bytes !== null) {
    let room = max_total_bytes;
    let at = live.length;
    while (at > 0 && room - live[at - 1]!.bytes >= 0) room -= live[--at]!.bytes;
    by.size = at;
    for (const line of live.slice(0, at)) bytes += line.bytes;
  }
  return { records: by.age + by.count + by.size, bytes, by };
}

/** Python's words for numbers that JSON has none for become numbers. */
export function parseRecord(text: string): Record<string, unknown> {
  const plain = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) => (token.startsWith('"') ? token : '0')); // prettier-ignore
  return JSON.parse(plain) as Record<string, unknown>;
}

type By = 'kind' | 'type' | 'actor';

function nameOf(record: Record<string, unknown>, by: By): unknown {
  const { kind } = record;
  if (by === 'kind') return kind ?? null;
  if (by === 'actor') return record['actor_address'] ?? record['actor'] ?? record['target'] ?? null;
  if (kind === 'audit') return null;
  if (kind === 'event') return record['event_type'] ?? null;
  if (kind === 'dead_letter') return record['message_type'] ?? null;
  return record['event_type'] ?? record['message_type'] ?? null;
}

function worded(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value.slice(0, 200);
  const { system, actor_id: id } = value as { system?: unknown; actor_id?: unknown };
  const isId = typeof id === 'string' || Number.isSafeInteger(id);
  if (typeof system === 'string' && isId) return `${system}://${String(id)}`.slice(0, 200);
  return sameText(JSON.stringify(value));
}

/** What is neither a text nor an address is shown as it is written: blanks, and forms of numbers, aside. */
function sameText(text: string): string {
  try {
    return JSON.stringify(parseRecord(text)).slice(0, 200);
  } catch {
    return text;
  }
}

export interface PlainGroup {
  records: number;
  bytes: number;
}

/** What each name has. */
export function plainGroups(lines: readonly PlainLine[], by: By): Map<string, PlainGroup> {
  const groups = new Map<string, PlainGroup>();
  for (const { kind, bytes, text } of lines) {
    if (kind !== 'record' && kind !== 'undated') continue;
    const record = parseRecord(text);
    const ofKind = by === 'actor' ? null : worded(record['kind']);
    add(groups, JSON.stringify([ofKind, worded(nameOf(record, by))]), { records: 1, bytes });
  }
  return groups;
}

/** The same of a report. */
export function reportedGroups(
  found: readonly { kind: string | null; name: string | null; records: number; bytes: number }[],
): Map<string, PlainGroup> {
  const groups = new Map<string, PlainGroup>();
  const same = (text: string | null) => (text !== null && /^[[{\d-]/.test(text) ? sameText(text) : text); // prettier-ignore
  for (const { kind, name, records, bytes } of found) {
    add(groups, JSON.stringify([same(kind), same(name)]), { records, bytes });
  }
  return groups;
}

function add(groups: Map<string, PlainGroup>, key: string, more: PlainGroup): void {
  const group = groups.get(key) ?? { records: 0, bytes: 0 };
  groups.set(key, { records: group.records + more.records, bytes: group.bytes + more.bytes });
}

/** Readable records by kind. */
export function plainKinds(lines: readonly PlainLine[]) {
  const iso = (seconds: number) => {
    const date = new Date(seconds * 1000);
    return Number.isNaN(date.getTime()) ? null : date.toISOString();
  };
  const readable = lines.filter(({ kind }) => kind === 'record' || kind === 'undated');
  const kinds = readable.map(({ text }) => parseRecord(text)['kind']);
  const names = ['event', 'audit', 'dead_letter'];
  return [...names, 'other']
    .map((kind) => {
      const ofKind = readable.filter((_, at) => (kind === 'other' ? !names.includes(kinds[at] as string) : kinds[at] === kind)); // prettier-ignore
      const times = ofKind.map(({ timestamp }) => timestamp).filter(Number.isFinite);
      return {
        kind,
        records: ofKind.length,
        bytes: ofKind.reduce((sum, { bytes }) => sum + bytes, 0),
        oldest: iso(Math.min(...times)),
        newest: iso(Math.max(...times)),
      };
    })
    .filter(({ kind, records }) => kind !== 'other' || records > 0);
}

/** Of the newest week that a small log covers, or of all of it; null: it covers less than an hour. */
export function plainGrowth(files: readonly (readonly PlainLine[])[], now: number) {
  const filled = files.filter((lines) => lines.some(({ timestamp }) => timestamp <= now + 86_400));
  const ends = [...(filled[0] ?? []), ...(filled.at(-1) ?? [])];
  const times = ends.map(({ timestamp }) => timestamp).filter((time) => time <= now + 86_400);
  const [oldest, newest] = [Math.min(...times), Math.max(...times)];
  const span = Math.min(7 * 86_400, newest - oldest);
  if (!(span >= 3600)) return null;
  const recent = files.flat().filter(({ timestamp }) => timestamp >= newest - span && timestamp <= newest); // prettier-ignore
  const bytes = recent.reduce((sum, line) => sum + line.bytes, 0);
  // As papyra takes them from the two ends of the time.
  const days = (newest - (newest - span)) / 86_400;
  return { days, bytesPerDay: bytes / days };
}
