// Tells whether one line, given with its newline, is a readable record.
import { LineScanner } from './scanner.js';

let readable = false;
const scanner = new LineScanner((kind) => (readable = kind === 'record' || kind === 'undated'));

export function isRecord(line: Uint8Array): boolean {
  scanner.push(line);
  return readable;
}
