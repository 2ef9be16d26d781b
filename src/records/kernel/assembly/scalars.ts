// Checks the scalar values of Python's JSON. Each function takes the address where a value begins, and returns the
// address after it; 0: there is none. No function passes a newline, so none needs to know where the data ends.

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const MINUS: u8 = 0x2d;
const ZERO: u8 = 0x30;
const CAPITAL_I: u8 = 0x49;

/** Python cannot read longer integers (`sys.set_int_max_str_digits`). */
const MAX_INTEGER_DIGITS: usize = 4300;
/** Integers of so many digits are exact as a double, too. */
const MAX_STAMP_DIGITS: usize = 15;

/** Whether the line has something rare that only the exact scanner decides. */
export let odd: bool = false;
/** Whether the line has a timestamp, and the whole seconds of it. */
export let dated: bool = false;
export let stamp: i64 = 0;

/** Where the integer part of the last number ends; whether it had an exponent. */
let integerEnd: usize = 0;
let exponent: bool = false;

export function forget(): void {
  odd = false;
  dated = false;
}

export function undate(): void {
  dated = false;
}

export function markOdd(): void {
  odd = true;
}

export function skipScalar(p: usize): usize {
  const c = load<u8>(p);
  if (c == QUOTE) return skipString(p + 1);
  if (c - ZERO < 10 || c == MINUS) return skipNumber(p);
  return skipWord(p);
}

/** Which of the sixteen bytes at `p` need a closer look in a string. */
function special16(p: usize): i32 {
  const bytes = v128.load(p);
  // Signed: control characters, and all bytes that are not ASCII, are less than the space.
  return i8x16.bitmask(
    v128.or(
      i8x16.lt_s(bytes, i8x16.splat(0x20)),
      v128.or(i8x16.eq(bytes, i8x16.splat(<i8>QUOTE)), i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH))),
    ),
  );
}

/** The first byte at or after `p` that needs a closer look in a string. A newline does. */
export function firstSpecial(p: usize): usize {
  while (true) {
    const special = special16(p);
    if (special != 0) return p + ctz(special);
    p += 16;
  }
}

/** The first byte of [from, to) that needs a closer look; `to`: none does. */
export function skipPlain(from: usize, to: usize): usize {
  for (let p = from; p < to; p += 16) {
    const special = special16(p);
    if (special != 0) return min(p + ctz(special), to);
  }
  return to;
}

/** As `skipString`, faster where the string is plain and has less than 16 bytes. */
export function skipShortString(p: usize): usize {
  const special = special16(p);
  const end = p + ctz(special);
  return special != 0 && load<u8>(end) == QUOTE ? end + 1 : skipString(p);
}

/** `p`: the address after the opening quote. */
export function skipString(p: usize): usize {
  while (true) {
    const special = special16(p);
    if (special == 0) {
      p += 16;
      continue;
    }
    p += ctz(special);
    const c = load<u8>(p);
    if (c == QUOTE) return p + 1;
    if (c >= 0x80) p = skipUtf8(p);
    else if (c == BACKSLASH) p = skipEscape(p);
    else return 0;
    if (p == 0) return 0;
  }
}

/** The well-formed byte sequences of the Unicode standard, table 3-7, as many as follow each other. */
function skipUtf8(p: usize): usize {
  while (true) {
    const c = load<u8>(p);
    if (c < 0x80) return p;
    const second = load<u8>(p, 1);
    if (c >= 0xc2 && c <= 0xdf) {
      if (!isContinuation(second)) return 0;
      p += 2;
    } else if (c >= 0xe0 && c <= 0xef) {
      const low: u8 = c == 0xe0 ? 0xa0 : 0x80;
      const high: u8 = c == 0xed ? 0x9f : 0xbf;
      if (second < low || second > high || !isContinuation(load<u8>(p, 2))) return 0;
      p += 3;
    } else if (c >= 0xf0 && c <= 0xf4) {
      const low: u8 = c == 0xf0 ? 0x90 : 0x80;
      const high: u8 = c == 0xf4 ? 0x8f : 0xbf;
      if (second < low || second > high) return 0;
      if (!isContinuation(load<u8>(p, 2)) || !isContinuation(load<u8>(p, 3))) return 0;
      p += 4;
    } else return 0;
  }
}

function isContinuation(c: u8): bool {
  return (c & 0xc0) == 0x80;
}

function skipEscape(p: usize): usize {
  switch (load<u8>(p, 1)) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return p + 2;
    case 0x75: // u
      for (let at = p + 2; at < p + 6; at++) if (!isHex(load<u8>(at))) return 0;
      return p + 6;
    default:
      return 0;
  }
}

function isHex(c: u8): bool {
  return c - ZERO < 10 || (c | 0x20) - 0x61 < 6;
}

function skipNumber(p: usize): usize {
  if (load<u8>(p) == MINUS) {
    p += 1;
    if (load<u8>(p) == CAPITAL_I) return skipInfinity(p);
  }
  integerEnd = skipDigits(p);
  const digits = integerEnd - p;
  if (digits == 0) return 0;
  if (digits > 1 && load<u8>(p) == ZERO) return 0;
  if (digits > MAX_INTEGER_DIGITS) odd = true;
  p = integerEnd;
  if (load<u8>(p) == 0x2e) {
    const fraction = p + 1;
    p = skipDigits(fraction);
    if (p == fraction) return 0;
  }
  exponent = (load<u8>(p) | 0x20) == 0x65;
  if (!exponent) return p;
  p += 1;
  const sign = load<u8>(p);
  if (sign == 0x2b || sign == MINUS) p += 1;
  const end = skipDigits(p);
  return end == p ? 0 : end;
}

function skipDigits(p: usize): usize {
  while (true) {
    const digits = i8x16.sub(v128.load(p), i8x16.splat(<i8>ZERO));
    const others = i8x16.bitmask(i8x16.gt_u(digits, i8x16.splat(9)));
    if (others != 0) return p + ctz(others);
    p += 16;
  }
}

function skipWord(p: usize): usize {
  const word = load<u32>(p);
  if (word == 0x65757274) return p + 4; // true
  if (word == 0x6c6c756e) return p + 4; // null
  if (word == 0x736c6166) return load<u8>(p, 4) == 0x65 ? p + 5 : 0; // false
  if ((word & 0xffffff) == 0x4e614e) return p + 3; // NaN
  return skipInfinity(p);
}

function skipInfinity(p: usize): usize {
  return load<u64>(p) == 0x7974696e69666e49 ? p + 8 : 0;
}

/** The value of the top-level `timestamp`. Of duplicate keys the last one counts. */
export function readTimestamp(p: usize): usize {
  const c = load<u8>(p);
  dated = false;
  if (c - ZERO >= 10) {
    // Before 1970, or -Infinity.
    if (c == MINUS) odd = true;
    return skipScalar(p);
  }
  const end = skipNumber(p);
  if (end == 0) return 0;
  if (exponent || integerEnd - p > MAX_STAMP_DIGITS) {
    odd = true;
    return end;
  }
  dated = true;
  stamp = integerAt(p, integerEnd);
  return end;
}

function integerAt(p: usize, end: usize): i64 {
  let value: u64 = 0;
  if (end - p >= 8) {
    value = eightDigits(load<u64>(p));
    p += 8;
  }
  for (; p < end; p++) value = value * 10 + (load<u8>(p) - ZERO);
  return <i64>value;
}

/** Eight digits at once, pairs first. */
function eightDigits(text: u64): u64 {
  let x = text - 0x3030303030303030;
  x = (x * 10 + (x >> 8)) & 0x00ff00ff00ff00ff;
  x = (x * 100 + (x >> 16)) & 0x0000ffff0000ffff;
  return (x * 10000 + (x >> 32)) & 0xffffffff;
}
