// Counts the lines of a block as a text editor would, so that line numbers are right.
import { lines } from '../files/lines.js';
import type { OpenFile } from '../files/read.js';
import { CATEGORIES } from '../records/kernel/kernel.js';
import type { Block } from './block.js';

/** The fillers at the very start are one block, and more than one line. */
export function linesIn(file: OpenFile, { start, end, sums }: Block): number {
  const all = CATEGORIES.reduce((sum, category) => sum + sums.lines[category], 0);
  const isBlank = start === 0 && all === sums.lines.blank;
  return isBlank ? [...lines(file, 0, end)].length : all;
}
