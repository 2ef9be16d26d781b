// Formats paragraphs as comments for the files of all schedulers.
import { inWords } from './interval.js';
import type { Job } from './job.js';

const WIDTH = 78;

/** All four formats begin a comment with `#`. A line that begins with a blank is a command: it is not wrapped. */
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

/** What a unit does, and the reason for its interval. */
export function purpose({ target, everySeconds, reason }: Job): string[] {
  return [`Compacts ${target} every ${inWords(everySeconds)}.`, `Why that often: ${reason}.`];
}
