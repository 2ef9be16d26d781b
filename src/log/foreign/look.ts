// Looks whether an open file is a log of the runtime, by its first bytes and by what a scan counted.
import { readSync } from 'node:fs';
import { attempt } from '../../errors/system-error.js';
import type { OpenFile } from '../../files/read.js';
import { foreignForm, HEAD_BYTES } from './detect.js';
import type { Foreign, ForeignForm } from './form.js';
import { unitOf } from './unit.js';
import { inWords } from './words.js';

/** What was counted in a file, or in both ends of it. */
export interface LineCounts {
  /** Lines that are JSON objects; `undated` of them have no timestamp. */
  readable: number;
  undated: number;
  unreadable: number;
  /** Seconds since 1970, or what is taken for them; not finite: there is no dated record. */
  newest: number;
}

/** What an open file looks like; undefined: a log. `from`: where the fillers at its start end. */
export function lookAtForm(file: OpenFile, from: number, counts: LineCounts): Foreign | undefined {
  const head = Buffer.alloc(HEAD_BYTES);
  const read = attempt('read', file.path, () => readSync(file.fd, head, 0, head.length, from));
  const form = foreignForm(head.subarray(0, read));
  return form && agrees(form, counts) ? inWords(form) : undefined;
}

/** Of so many lines of a file that is no log, one may be a record by chance. */
const ONE_IN = 10;

/**
 * Whether all of the file may have the form of its first bytes: a log that only begins with something else is a
 * damaged log. Pure.
 */
export function agrees(form: ForeignForm, counts: LineCounts): boolean {
  const { readable, undated, unreadable, newest } = counts;
  switch (form.kind) {
    case 'file':
      if (['zip', 'tar', 'sqlite'].includes(form.form)) return true;
      // An array may have each of its records, and each comma, on a line of its own.
      if (['json_array', 'json_document'].includes(form.form)) return readable <= unreadable + 1;
      return readable * ONE_IN <= readable + unreadable;
    case 'mark':
      return true;
    case 'unit':
      return unitOf(newest) === form.unit;
    case 'text':
    case 'key':
      return undated * ONE_IN >= readable * (ONE_IN - 1);
  }
}
