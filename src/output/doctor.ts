// Formats the checks of doctor for a person.
import type { DoctorCheck, DoctorReport } from '../doctor/report.js';
import { plural } from '../units/units.js';
import type { Paint } from './paint.js';
import { cut, printable } from './text.js';
import { wrapped } from './wrap.js';

const COLUMNS = 80;
/** The widths of a status and of the longest name, and the column where the reason begins. */
const STATUS_COLUMNS = 4;
const NAME_COLUMNS = 15;
const INDENT = 2 + STATUS_COLUMNS + 2 + NAME_COLUMNS + 2;

/** One check on each line; a warning or a failure also has its whole reason and the next command. */
export function doctorText({ backend, target, checks }: DoctorReport, paint: Paint): string {
  const title = `Checks of ${paint.bold(printable(target ?? backend))}: ${summary(checks, paint)}`;
  return `${title}\n\n${checks.map((check) => checkText(check, paint)).join('\n')}\n`;
}

function summary(checks: DoctorCheck[], paint: Paint): string {
  const count = (wanted: string) => checks.filter(({ status }) => status === wanted).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed + warned === 0) return paint.green(`all ${checks.length} passed`);
  const words = [
    failed === 0 ? '' : paint.red(`${failed} failed`),
    warned === 0 ? '' : paint.yellow(plural(warned, 'warning')),
    `${count('pass')} passed`,
  ];
  return words.filter(Boolean).join(', ');
}

const COLORS = { pass: 'green', warn: 'yellow', fail: 'red' } as const;

export function checkText({ name, status, reason, next }: DoctorCheck, paint: Paint): string {
  const head = `  ${paint[COLORS[status]](status.padEnd(STATUS_COLUMNS))}  ${name.padEnd(NAME_COLUMNS)}  `; // prettier-ignore
  const text = printable(reason);
  if (status === 'pass') return head + paint.dim(cut(text, COLUMNS - INDENT));
  const why = wrapped(text, COLUMNS - INDENT).replaceAll('\n', `\n${' '.repeat(INDENT)}`);
  return next === null ? head + why : `${head}${why}\n${paint.bold(commandText(next))}`;
}

/** Broken into lines that end in a backslash, so that it is still one command when it is copied. */
function commandText(command: string): string {
  const text = printable(command);
  // Do not break inside a quoted word.
  const lines = text.includes("'") ? [text] : wrapped(text, COLUMNS - 12).split('\n');
  return lines
    .map((line, at) => `${at === 0 ? '        $ ' : '            '}${line}`)
    .join(' \\\n');
}
