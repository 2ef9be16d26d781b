// Writes the fields of an entry as JSON, so that no byte of them is lost.
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

/** The JSON of `fieldTexts`, made piece by piece: of a large field there are fewer forms at the same time. */
export function fieldsJson(fields: readonly Buffer[]): Buffer {
  const pieces: Buffer[] = [];
  const add = (text: string): void => void pieces.push(Buffer.from(text));
  for (const [index, [name, value]] of pairsOf(fields).entries()) {
    add(index === 0 ? '[[' : ',[');
    for (const text of jsonPieces(name)) add(text);
    add(',');
    for (const text of jsonPieces(value)) add(text);
    add(']');
  }
  add(']');
  return Buffer.concat(pieces);
}

/** A large field goes in pieces: else its text, the JSON of that and its bytes are in memory at the same time. A multiple of 3. */
const PIECE = 3 * 64 * 1024;

function* jsonPieces(bytes: Buffer): Generator<string> {
  if (isUtf8(bytes)) {
    yield '"';
    yield* escapedPieces(bytes);
    yield '"';
    return;
  }
  yield '{"base64":"';
  for (let at = 0; at < bytes.length; at += PIECE) {
    yield bytes.toString('base64', at, Math.min(bytes.length, at + PIECE));
  }
  yield '"}';
}

/** What stands between the quotes of a JSON text. */
export function* escapedPieces(utf8: Buffer): Generator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let at = 0; at < utf8.length; at += PIECE) {
    // It holds back a character that the end of a piece cuts in two.
    const text = decoder.decode(utf8.subarray(at, at + PIECE), { stream: true });
    yield JSON.stringify(text).slice(1, -1);
  }
}
