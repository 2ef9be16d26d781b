// Says of the first bytes of a file whether they are those of a log of the runtime, or of what else.
import { LineScanner, type LineKind } from '../../records/scanner.js';
import type { FileForm, ForeignForm } from './form.js';
import { jsonValueAt } from './json-value.js';
import { containerForm, magicForm } from './magic.js';
import { isBinary, textForm } from './text.js';
import { foreignTime, foreignUnit } from './times.js';

/** So many bytes at the start of a file tell what it is. */
export const HEAD_BYTES = 1 << 16;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

interface Line {
  kind: LineKind;
  start: number;
  end: number;
  timestamp: number;
}

/**
 * What a file looks like, by its first bytes (behind fillers) up to `HEAD_BYTES`; undefined: a log, as far as that
 * tells. A damaged log is a log: without a mark of another format, or a form that no damage makes, nothing is said.
 * Pure.
 */
export function foreignForm(head: Buffer): ForeignForm | undefined {
  const container = containerForm(head);
  if (container) return { kind: 'file', form: container };
  const marked = head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const content = marked ? head.subarray(BYTE_ORDER_MARK.length) : head;
  const lines = linesOf(content);
  const form = fileForm(content, lines);
  if (form) return { kind: 'file', form };
  if (marked && content[0] === 0x7b) return { kind: 'mark' };
  return timeForm(content, lines);
}

function linesOf(content: Buffer): Line[] {
  const lines: Line[] = [];
  const scanner = new LineScanner((kind, start, end, timestamp) => {
    if (kind !== 'blank') lines.push({ kind, start, end, timestamp });
  });
  scanner.push(content);
  return lines;
}

function isRecord({ kind }: Line): boolean {
  return kind === 'record' || kind === 'undated';
}

function fileForm(content: Buffer, lines: readonly Line[]): FileForm | undefined {
  const records = lines.filter(isRecord).length;
  const json = jsonForm(content.toString('latin1'), lines.length, records);
  if (json || records > 0) return json;
  const texts = lines.map(({ start, end }) => content.toString('latin1', start, end - 1));
  return magicForm(content) ?? textForm(texts) ?? (isBinary(content) ? 'binary' : undefined);
}

/** Fewer lines, or fewer bytes of one line, are no evidence for a value that does not end. */
const LEAST_LINES = 3;
const LEAST_BYTES = 4096;

/** JSON, but not one object a line. */
function jsonForm(text: string, lines: number, records: number): FileForm | undefined {
  const value = jsonValueAt(text);
  if (!value) return undefined;
  const { opens, first, end } = value;
  const isAll = end !== null && text.slice(end).trim() === '';
  const goesOn = end === null && (lines >= LEAST_LINES || (lines === 0 && text.length >= LEAST_BYTES)); // prettier-ignore
  if (opens === '[') return first === '{' && (isAll || goesOn) ? 'json_array' : undefined;
  const breaks = text.slice(0, end ?? text.length).includes('\n', text.indexOf('{'));
  if (!breaks) return undefined;
  if (isAll) return 'json_document';
  if (records > 0) return undefined;
  if (goesOn) return 'json_document';
  const another = end !== null && /^\s*\{/.test(text.slice(end));
  return another && lines >= LEAST_LINES ? 'json_over_lines' : undefined;
}

function timeForm(content: Buffer, lines: readonly Line[]): ForeignForm | undefined {
  const dated = lines.filter(({ kind }) => kind === 'record');
  if (dated.length > 0) return foreignUnit(dated.map(({ timestamp }) => timestamp));
  const undated = lines.filter(({ kind }) => kind === 'undated');
  return foreignTime(undated.map(({ start, end }) => content.toString('utf8', start, end)));
}
