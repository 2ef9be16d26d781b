// Words the warning about a scan without WebAssembly.
import type { LineReader } from '../records/line-reader.js';

export function slowerWarning({ exactBecause }: LineReader): string[] {
  if (exactBecause === undefined) return [];
  const why = `WebAssembly cannot be used here (${exactBecause})`;
  return [`${why}: lines were read by the slower scanner`];
}
