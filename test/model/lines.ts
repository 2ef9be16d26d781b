/**
 * Content in miniature: a record is a capital and its small letter, `Aa`, and `|` ends a line. So a
 * torn record is `A`, and a record glued to a torn one is `ABb`.
 */
export const END = '|';

export function isRecord(line: string): boolean {
  const [head, rest] = line;
  return line.length === 2 && isCapital(head) && head?.toLowerCase() === rest;
}

export function isCapital(letter: string | undefined): boolean {
  return letter !== undefined && letter >= 'A' && letter <= 'Z';
}

/** The record's line, end included. */
export function lineOf(letter: string): string {
  return letter + letter.toLowerCase() + END;
}

/** The length of what is made of whole lines. */
export function wholeLength(text: string): number {
  return text.lastIndexOf(END) + 1;
}

/** Whole lines, without their ends. */
export function linesIn(text: string): string[] {
  const whole = text.slice(0, wholeLength(text));
  return whole === '' ? [] : whole.slice(0, -1).split(END);
}

export function isUnterminated(text: string): boolean {
  return text !== '' && !text.endsWith(END);
}

/** How often the record has a line of its own. */
export function countRecord(text: string, letter: string): number {
  const line = lineOf(letter);
  let count = 0;
  for (let at = text.indexOf(line); at >= 0; at = text.indexOf(line, at + line.length)) {
    if (at === 0 || text[at - 1] === END) count += 1;
  }
  return count;
}

/** Whether the record's bytes are there, be it glued to something else. */
export function holdsRecord(text: string, letter: string): boolean {
  return text.includes(lineOf(letter));
}

/** Whether the record's bytes are there, be it without the newline. */
export function holdsBytes(text: string, letter: string): boolean {
  return text.includes(letter + letter.toLowerCase());
}
