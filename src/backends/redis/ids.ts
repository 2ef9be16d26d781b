// Compares and computes the ids of entries, `milliseconds-sequence`: two numbers of 64 bits, compared as one.
export function idValue(id: string): bigint {
  const [milliseconds, sequence = '0'] = id.split('-');
  return (BigInt(milliseconds!) << 64n) | BigInt(sequence);
}

const LARGEST = (1n << 128n) - 1n;

export function isBefore(id: string, other: string): boolean {
  return idValue(id) < idValue(other);
}

/** The value after the largest id: no entry can have it, and Redis does not accept it as an id. */
export const END = idText(LARGEST + 1n);

/** The smallest id above. */
export function idAfter(id: string): string {
  return idText(idValue(id) + 1n);
}

/** The largest id below. */
export function idBefore(id: string): string {
  return idText(idValue(id) - 1n);
}

/** The end of a range of entries that are all before an id. */
export function upTo(before: string): string {
  return before === END ? '+' : `(${before}`;
}

export function earliest(id: string, other: string): string {
  return isBefore(id, other) ? id : other;
}

/** The first id that an entry of that time can have. Times are clamped: a record may contain any number. */
export function idAt(seconds: number): string {
  const milliseconds = Math.min(Math.max(0, seconds * 1000), Number.MAX_SAFE_INTEGER);
  return `${Math.floor(milliseconds)}-0`;
}

/** When the server added the entry, in seconds since 1970. */
export function secondsOf(id: string): number {
  return Number(id.split('-')[0]) / 1000;
}

/** ISO 8601; null when it is beyond the range of a date. */
export function isoOf(id: string): string | null {
  const date = new Date(secondsOf(id) * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function idText(value: bigint): string {
  return `${value >> 64n}-${value & 0xffff_ffff_ffff_ffffn}`;
}
