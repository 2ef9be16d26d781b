/** Ids of entries, `milliseconds-sequence`: two numbers of 64 bits, compared as one. */
export function idValue(id: string): bigint {
  const [milliseconds, sequence = '0'] = id.split('-');
  return (BigInt(milliseconds!) << 64n) | BigInt(sequence);
}

export function isBefore(id: string, other: string): boolean {
  return idValue(id) < idValue(other);
}

/** The smallest id above. */
export function idAfter(id: string): string {
  return idText(idValue(id) + 1n);
}

export function earliest(id: string, other: string): string {
  return isBefore(id, other) ? id : other;
}

/** The first id that an entry of that time can have. */
export function idAt(seconds: number): string {
  return `${Math.max(0, Math.floor(seconds * 1000))}-0`;
}

/** When the server took the entry in, in seconds since 1970. */
export function secondsOf(id: string): number {
  return Number(id.split('-')[0]) / 1000;
}

function idText(value: bigint): string {
  return `${value >> 64n}-${value & 0xffff_ffff_ffff_ffffn}`;
}
