// What writers say of their records: what they were told by the disk, or the server.
import { existsSync, readFileSync } from 'node:fs';

export interface Told {
  writer: string;
  n: number;
  /** Nanoseconds of the monotonic clock around the write. */
  begin: number;
  end: number;
  timestamp: number;
  bytes: number;
  crc: number;
  state: 'whole' | 'short' | 'failed';
  /** When it was known to be on the disk for good. */
  synced?: number;
}

export const keyOf = (record: { writer: string; n: number }): string =>
  `${record.writer} ${record.n}`;

/** Reads the file that writer.py makes. A kill may have cut its last line. */
export function readTold(writer: string, file: string): Told[] {
  const told: Told[] = [];
  const text = existsSync(file) ? readFileSync(file, 'latin1') : '';
  for (const line of text.split('\n').slice(0, -1)) {
    const words = line.split(' ');
    if (words[0] === 'sync') {
      const [, from, to, time] = words.map(Number) as [number, number, number, number];
      for (const record of told.slice(from, to + 1)) record.synced ??= time;
      continue;
    }
    const [n, begin, end, timestamp, bytes, crc] = words.map(Number) as [number, number, number, number, number, number]; // prettier-ignore
    told.push({ writer, n, begin, end, timestamp, bytes, crc, state: words[6] as Told['state'] });
  }
  return told;
}
