// Says in a sentence what a file looks like, and what to do about it.
import type { FileForm, Foreign, ForeignForm } from './form.js';

const INSTEAD = 'name the log itself';
const A_LINE_EACH = 'papyra reads one JSON object a line';

/** What each looks like, and what to do. */
const FILES: Record<FileForm, [looks: string, remedy: string]> = {
  gzip: ['gzip', 'decompress it (gzip -d) and name the result'],
  zstd: ['zstd', 'decompress it (zstd -d) and name the result'],
  bzip2: ['bzip2', 'decompress it (bzip2 -d) and name the result'],
  xz: ['xz', 'decompress it (xz -d) and name the result'],
  lz4: ['lz4', 'decompress it (lz4 -d) and name the result'],
  zip: ['a zip archive', 'unpack it (unzip) and name the log in it'],
  tar: ['a tar archive', 'unpack it (tar -xf) and name the log in it'],
  sqlite: ['a SQLite database', INSTEAD],
  parquet: ['a Parquet file', INSTEAD],
  redis_dump: ['a dump of Redis', 'papyra asks the server itself (backend redis)'],
  utf16: ['UTF-16 text', 'convert it (iconv -f UTF-16 -t UTF-8) and name the result'],
  utf16le: ['UTF-16 text', 'convert it (iconv -f UTF-16LE -t UTF-8) and name the result'],
  utf16be: ['UTF-16 text', 'convert it (iconv -f UTF-16BE -t UTF-8) and name the result'],
  json_array: ['a JSON array', `${A_LINE_EACH}: convert it (jq -c '.[]') and name the result`],
  json_document: ['one JSON document over many lines', `${A_LINE_EACH}: convert it (jq -c) and name the result`], // prettier-ignore
  json_over_lines: ['JSON objects over several lines each', `${A_LINE_EACH}: convert it (jq -c .) and name the result`], // prettier-ignore
  csv: ['CSV', `${A_LINE_EACH}: convert it, or ${INSTEAD}`],
  text: ['plain text', `${A_LINE_EACH}: ${INSTEAD}`],
  binary: ['a binary file', INSTEAD],
};

const NEVER = 'no age limit will ever match';
const SECONDS = 'papyra reads seconds since 1970 under the key timestamp';

/** A form with the words for it. */
export function inWords(form: ForeignForm): Foreign {
  const [looks, remedy] = wordsOf(form);
  return { form, looks, remedy };
}

function wordsOf(form: ForeignForm): [looks: string, remedy: string] {
  switch (form.kind) {
    case 'file': {
      const [what, remedy] = FILES[form.form];
      return [`looks like ${what}`, remedy];
    }
    case 'mark':
      return ['begins with a byte order mark, so its first line cannot be read', 'remove its first 3 bytes while nothing writes to it']; // prettier-ignore
    case 'unit':
      return [`has timestamps that look like ${form.unit}`, `the runtime writes seconds, so ${NEVER}`]; // prettier-ignore
    case 'text':
      return [`has times as ISO texts under the key ${form.key}`, `${SECONDS}, so ${NEVER}`];
    case 'key':
      return [`has no timestamps, but times under the key ${form.key}`, `${SECONDS}, so ${NEVER}`];
  }
}
