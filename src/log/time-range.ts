import { LineScanner } from '../records/scanner.js';

/** Watches records go by; says from when to when they are. */
export function timeRange() {
  const range = { oldest: NaN, newest: NaN };
  const scanner = new LineScanner((kind, _start, _end, timestamp) => {
    if (kind !== 'record') return;
    if (!(timestamp >= range.oldest)) range.oldest = timestamp;
    if (!(timestamp <= range.newest)) range.newest = timestamp;
  });
  return { push: (bytes: Uint8Array) => scanner.push(bytes), range: () => range };
}
