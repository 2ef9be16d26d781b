// Finds the oldest and the newest timestamp in a stream of records.
import { LineScanner } from '../records/scanner.js';

/** `push` takes bytes of whole or partial lines; the range is NaN when no dated record was among them. */
export function timeRange() {
  const range = { oldest: NaN, newest: NaN };
  const scanner = new LineScanner((kind, _start, _end, timestamp) => {
    if (kind !== 'record') return;
    if (!(timestamp >= range.oldest)) range.oldest = timestamp;
    if (!(timestamp <= range.newest)) range.newest = timestamp;
  });
  return { push: (bytes: Uint8Array) => scanner.push(bytes), range: () => range };
}
