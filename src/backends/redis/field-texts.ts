// Writes the fields of an entry as JSON values, so that no byte of them is lost.
import { isUtf8 } from 'node:buffer';
import { pairsOf } from './stream.js';

/** Bytes that are not UTF-8 would not survive as a text. */
type FieldText = string | { base64: string };

/** `[[name, value], …]`, in the order of the entry. */
export function fieldTexts(fields: readonly Buffer[]): [FieldText, FieldText][] {
  return pairsOf(fields.map(textOf));
}

function textOf(bytes: Buffer): FieldText {
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') };
}
