// Breaks lines to fit a width.
import { Help } from 'commander';

/** The wrapping of commander, which is loaded anyway. */
const HELP = new Help();

/** Lines wider than `width` are broken between words; a word that is wider stays whole. */
export function wrapped(text: string, width: number): string {
  return HELP.boxWrap(text, width);
}

export interface TerminalWidth {
  isTTY?: boolean;
  columns?: number;
}

/** Breaks lines only for a terminal: elsewhere a program may read them. */
export function fitted(text: string, { isTTY, columns = 0 }: TerminalWidth): string {
  if (isTTY !== true || columns === 0) return text;
  const lines = text.split('\n');
  const narrow = (line: string) => HELP.displayWidth(line) <= columns;
  return lines
    .map((line) => (narrow(line) ? line : wrapped(line, columns - 2).replaceAll('\n', '\n  ')))
    .join('\n');
}
