import { LineScanner } from './scanner.js';

/** Whether a line, with its newline, is one whole readable record. */
export function isRecord(line: Uint8Array): boolean {
  let readable = false;
  new LineScanner((kind) => (readable = kind === 'record' || kind === 'undated')).push(line);
  return readable;
}
