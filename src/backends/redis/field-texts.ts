// Writes the fields of an entry as JSON values, so that no byte of them is lost.
import { isUtf8 } from 'node:buffer';

/** Bytes that are no UTF-8 would not survive as a text. */
type FieldText = string | { base64: string };

/** `[[name, value], …]`, in the order of the entry. */
export function fieldTexts(fields: readonly Buffer[]): [FieldText, FieldText][] {
  const texts = fields.map(textOf);
  return texts.flatMap((name, index) =>
    index % 2 === 0 ? [[name, texts[index + 1]!] as [FieldText, FieldText]] : [],
  );
}

function textOf(bytes: Buffer): FieldText {
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') };
}
