/** Ids of entries, `milliseconds-sequence`: two numbers of 64 bits, compared as one. */
export function idValue(id: string): bigint {
  const [milliseconds, sequence = '0'] = id.split('-');
  return (BigInt(milliseconds!) << 64n) | BigInt(sequence);
}

const LARGEST = (1n << 128n) - 1n;

export function isBefore(id: string, other: string): boolean {
  return idValue(id) < idValue(other);
}

/** The smallest id above; of the largest there is, itself. */
export function idAfter(id: string): string {
  const value = idValue(id);
  return value === LARGEST ? id : idText(value + 1n);
}

export function earliest(id: string, other: string): string {
  return isBefore(id, other) ? id : other;
}

/** The first id that an entry of that time can have. What no clock shows is cut off: a record may say anything. */
export function idAt(seconds: number): string {
  const milliseconds = Math.min(Math.max(0, seconds * 1000), Number.MAX_SAFE_INTEGER);
  return `${Math.floor(milliseconds)}-0`;
}

/** When the server took the entry in, in seconds since 1970. */
export function secondsOf(id: string): number {
  return Number(id.split('-')[0]) / 1000;
}

/** ISO 8601; null for what no calendar shows. */
export function isoOf(id: string): string | null {
  const date = new Date(secondsOf(id) * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function idText(value: bigint): string {
  return `${value >> 64n}-${value & 0xffff_ffff_ffff_ffffn}`;
}
