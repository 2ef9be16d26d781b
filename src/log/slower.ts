import type { LineReader } from '../records/line-reader.js';

/** A word about a run that takes longer than it need. */
export function slowerWarning({ exactBecause }: LineReader): string[] {
  if (exactBecause === undefined) return [];
  return [
    `WebAssembly cannot be used here (${exactBecause}): lines were read by the slower scanner`,
  ];
}
