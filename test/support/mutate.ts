import type { Random } from './random.js';

const SPLINTERS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '1',
  'e',
  '.',
  '-',
  'NaN',
  '\u0000',
  'ü',
  ' ',
  '\\u00',
  'timestamp',
  '\\u0074imestamp',
  '\r',
  '  ',
  '1e3',
  '-Infinity',
  '0123456789012345678',
  '\\ud800',
  '{"timestamp": ',
  '"timestamp": 3, ',
];

/** Up to three small accidents to a line: cut, torn, glued, bytes changed, pieces put in. */
export function mutate(line: Buffer, random: Random): Buffer {
  let bytes = line;
  for (let rounds = random.below(4); rounds > 0; rounds--) {
    const at = random.below(bytes.length + 1);
    const left = bytes.subarray(0, at);
    switch (random.below(5)) {
      case 0:
        bytes = Buffer.from(left);
        break;
      case 1:
        bytes = Buffer.concat([left, bytes.subarray(at + 1 + random.below(4))]);
        break;
      case 2:
        bytes = Buffer.concat([left, Buffer.from(random.pick(SPLINTERS)), bytes.subarray(at)]);
        break;
      case 3:
        bytes = Buffer.from(bytes);
        if (at < bytes.length) bytes[at] = random.below(256);
        break;
      default:
        bytes = Buffer.concat([left, bytes]);
    }
  }
  return Buffer.from(bytes.filter((byte) => byte !== 0x0a));
}
