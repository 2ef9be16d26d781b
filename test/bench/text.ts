// Words for numbers and names, as tables show them.

/** 1000000 → 1 000 000 */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

export function megabytes(bytes: number): string {
  return bytes < 1e7 ? `${(bytes / 1e6).toFixed(1)} MB` : `${grouped(Math.round(bytes / 1e6))} MB`;
}

/** The least and the most of some numbers: 3–5, or 3 where they are the same. */
export function range(values: number[], digits = 0): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)); // prettier-ignore
  return least === most ? least! : `${least}–${most}`;
}
