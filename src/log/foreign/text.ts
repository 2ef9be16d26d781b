// Tells CSV, plain text and binary files by the looks of their first lines.
import type { FileForm } from './form.js';

/** Fewer lines are no evidence. */
const LEAST_CSV_LINES = 3;
const LEAST_LOG_LINES = 3;
const LEAST_TEXT_LINES = 5;
/** The share of lines that must look alike. */
const MOST = 0.9;

const DELIMITERS = [',', ';', '\t'];
const COLUMN = /^"?[A-Za-z_@][\w .@-]*"?$/;
const QUOTED = /"(?:[^"]|"")*"/g;

/** How lines of a text log begin: with a time, a level or an address. */
const LOG_LINE =
  /^\W{0,2}(?:\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\d\d\/[A-Z][a-z]{2}\/\d{4}:|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{1,3}(?:\.\d{1,3}){3} |(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b)/;

/** A line of words: no piece of a torn record looks like this. */
const WORDS = /^[^{}[\]",:\s](?:[^]*[^{}[\]"])?$/;
const IN_RECORDS = /": |", "/;

/** But tab, newline, carriage return, and the escape of colours. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/** What lines are of which none is a record; the empty ones are left out. */
export function textForm(lines: readonly string[]): FileForm | undefined {
  if (lines.some((line) => CONTROL.test(line))) return undefined;
  if (isCsv(lines)) return 'csv';
  const share = (test: (line: string) => boolean) => lines.filter(test).length / lines.length;
  if (lines.length >= LEAST_LOG_LINES && share(isLogLine) >= MOST) return 'text';
  if (lines.length >= LEAST_TEXT_LINES && share(isWords) >= MOST) return 'text';
  return undefined;
}

function isLogLine(line: string): boolean {
  return LOG_LINE.test(line);
}

function isWords(line: string): boolean {
  return WORDS.test(line) && !IN_RECORDS.test(line);
}

/** A line of names, and below it as many columns in each line. */
function isCsv(lines: readonly string[]): boolean {
  const [header] = lines;
  if (header === undefined || lines.length < LEAST_CSV_LINES) return false;
  return DELIMITERS.some((delimiter) => {
    const columns = header.trimEnd().split(delimiter);
    if (columns.length < 2 || !columns.every((name) => COLUMN.test(name))) return false;
    const widths = lines.map((line) => line.replace(QUOTED, '').split(delimiter).length);
    return widths.every((width) => width === columns.length);
  });
}

/** Zeros do not count: a power loss leaves them. */
const LEAST_BINARY_BYTES = 64;
/** Of text in an old encoding every other byte may be no UTF-8, but hardly one a control character. */
const CONTROL_SHARE = 0.02;
const ODD_SHARE = 0.1;

/** Many bytes that no text has. Data that begins like a record is a damaged one. */
export function isBinary(head: Buffer): boolean {
  const text = head.toString('utf8').replaceAll('\0', '');
  if (text.length < LEAST_BINARY_BYTES || text.startsWith('{"')) return false;
  // eslint-disable-next-line no-control-regex
  const controls = text.match(/[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f]/g)?.length ?? 0;
  const noUtf8 = text.match(/\ufffd/g)?.length ?? 0;
  return controls > CONTROL_SHARE * text.length && controls + noUtf8 > ODD_SHARE * text.length;
}
