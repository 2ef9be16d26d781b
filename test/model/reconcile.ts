import { END, isRecord, linesIn, wholeLength } from './lines.js';

/** How rule R compares; each can be left out, to see what it is for. */
export interface Reconciling {
  /** Count equal lines, instead of asking whether there is one. */
  count: boolean;
  /** Take back a record that was glued to our own torn line. */
  rescue: boolean;
  /** Our torn line may also be a rescued record, or a torn rest. */
  rescueChain: boolean;
  rescueRest: boolean;
}

/**
 * Rule R: the lines that are in the old file from X on and not in the new one from S on, in the old
 * order, and then records that are there only glued to the beginning of a line of ours.
 */
export function missingLines(oldText: string, newText: string, how: Reconciling): string[] {
  const oldLines = linesIn(oldText);
  const newLines = linesIn(newText);
  const missing = lacking(oldLines, newLines, how.count);
  if (!how.rescue) return missing;

  const rest = oldText.slice(wholeLength(oldText));
  const ours = [...oldLines, ...(how.rescueRest && rest !== '' ? [rest] : [])];
  const own = new Set(oldLines);
  const present = new Set(newLines);
  for (const line of newLines) {
    if (isRecord(line) || own.has(line)) continue;
    const record = gluedRecord(line, ours);
    if (record === undefined) continue;
    if (how.rescueChain) ours.push(record);
    if (!present.has(record) && !missing.includes(record)) missing.push(record);
  }
  return missing;
}

function lacking(oldLines: readonly string[], newLines: readonly string[], count: boolean) {
  const there = new Map<string, number>();
  for (const line of newLines) there.set(line, (there.get(line) ?? 0) + 1);
  return oldLines.filter((line) => {
    const left = there.get(line) ?? 0;
    if (left > 0 && count) there.set(line, left - 1);
    return left === 0;
  });
}

/** The whole record behind a beginning of one of our lines. */
function gluedRecord(line: string, ours: readonly string[]): string | undefined {
  for (let at = 1; at < line.length; at += 1) {
    const prefix = line.slice(0, at);
    const record = line.slice(at);
    if (isRecord(record) && ours.some((own) => (own + END).startsWith(prefix))) return record;
  }
  return undefined;
}
