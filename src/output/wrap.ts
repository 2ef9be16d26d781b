import { Help } from 'commander';

/** What help is wrapped with serves here, too: it is loaded anyway. */
const HELP = new Help();

/** Lines that are wider than `width` are broken between two words; a word that is, stays whole. */
export function wrapped(text: string, width: number): string {
  return HELP.boxWrap(text, width);
}

/** What is known of where a text goes. */
export interface TerminalWidth {
  isTTY?: boolean;
  columns?: number;
}

/** The same for the width of a terminal. Elsewhere a line stays one: whoever reads it may be a program. */
export function fitted(text: string, { isTTY, columns = 0 }: TerminalWidth): string {
  if (isTTY !== true || columns === 0) return text;
  const lines = text.split('\n');
  const narrow = (line: string) => HELP.displayWidth(line) <= columns;
  return lines
    .map((line) => (narrow(line) ? line : wrapped(line, columns - 2).replaceAll('\n', '\n  ')))
    .join('\n');
}
