// Makes the line for a crontab.
import { PapyraError } from '../errors/errors.js';
import { comment, purpose } from './comment.js';
import type { Host } from './host.js';
import type { Job, UnitFile } from './job.js';
import { shellWord } from './quote.js';
import { cronFields } from './times.js';

/** Bytes that the cron of Debian, among others, accepts. */
const LONGEST_COMMAND = 998;

export function cronUnit(job: Job, host: Host): UnitFile[] {
  const notes = comment(
    ...purpose(job),
    `For the crontab of ${host.user}: type crontab -e and put it at the end. It says nothing when all is well, so a mail means that something failed. Exit status 75, try again later, needs nothing from you: the next run does.`,
    'Where nobody reads the mail of cron, add this to the line:',
    '  2>&1 | logger -t papyra',
  );
  const content = `${notes}${cronFields(job.times)} ${commandOf(job, host)}\n`;
  return [{ name: `${job.name}.cron`, content }];
}

function commandOf({ args }: Job, { politely, command }: Host): string {
  const words = [...politely, ...command, ...args];
  const odd = words.find((word) => word.includes('\\'));
  if (odd !== undefined) {
    throw impossible(`a backslash, as in ${odd}, does not mean the same in every cron`);
  }
  // cron ends the command at a % without a backslash, also in quotes.
  const line = words
    .map(shellWord)
    .join(' ')
    .replaceAll('%', String.raw`\%`);
  if (Buffer.byteLength(line) <= LONGEST_COMMAND) return line;
  throw impossible(`the command is longer than the ${LONGEST_COMMAND} characters that it takes`);
}

function impossible(why: string): PapyraError {
  return new PapyraError('usage', `this cannot be put into a crontab: ${why}`, {
    hint: 'use papyra schedule systemd, or a path without it',
  });
}
