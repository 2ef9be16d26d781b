import { LineScanner } from './scanner.js';

let readable = false;
const scanner = new LineScanner((kind) => (readable = kind === 'record' || kind === 'undated'));

/** Whether a line, with its newline, is one whole readable record. */
export function isRecord(line: Uint8Array): boolean {
  scanner.push(line);
  return readable;
}
