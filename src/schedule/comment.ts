import { inWords } from './interval.js';
import type { Job } from './job.js';

const WIDTH = 78;

/**
 * Paragraphs as comment lines, which all four formats begin with a `#`. A line that begins with a blank is
 * something to type, and is left as it is.
 */
export function comment(...paragraphs: string[]): string {
  return paragraphs
    .flatMap((text) => (text.startsWith(' ') ? [text] : wrapped(text)))
    .map((line) => `# ${line}\n`)
    .join('');
}

function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line && line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}

/** What a unit does, and why that often. */
export function purpose({ target, everySeconds, reason }: Job): string[] {
  return [`Compacts ${target} every ${inWords(everySeconds)}.`, `Why that often: ${reason}.`];
}
