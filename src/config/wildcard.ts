// Matches a file name with a pattern as glob(7) describes it: `*`, `?`, `[a-z]`, `[!a-z]`; `\` takes away a meaning.

type Test = (character: string) => boolean;

/** A test for one character, or any number of characters. */
type Token = Test | '*';

/** Whether a part of a path has a wildcard in it. */
export function isWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern.replaceAll(/\\[^]/g, ''));
}

/** The name that a pattern without a wildcard stands for. */
export function literalOf(pattern: string): string {
  return pattern.replaceAll(/\\([^])/g, '$1');
}

/** A dot at the beginning of a name is matched by a dot alone, so that hidden files stay out. */
export function matcherOf(pattern: string): (name: string) => boolean {
  const tokens = tokensOf(pattern);
  return (name) =>
    (!name.startsWith('.') || pattern.startsWith('.')) && matches(tokens, Array.from(name));
}

function tokensOf(pattern: string): Token[] {
  const parts = pattern.match(/\\[^]|\[[!^]?\]?[^\]]*\]|[^]/gu) ?? [];
  return parts.map((part): Token => {
    if (part === '*') return '*';
    if (part === '?') return () => true;
    return part.length > 2 && part.startsWith('[') ? setOf(part) : is(literalOf(part));
  });
}

const is =
  (wanted: string): Test =>
  (character) =>
    character === wanted;

/** `[abc]`, `[a-z]`, `[!a-z]`, `[]a]`. */
function setOf(part: string): Test {
  const [, not = '', inside = ''] = /^\[([!^]?)([^]*)\]$/u.exec(part)!;
  const ranges = inside.match(/[^]-[^]|[^]/gu) ?? [];
  const isIn = (character: string) =>
    ranges.some((range) => {
      const [from, , to = from] = Array.from(range);
      return character >= from! && character <= to!;
    });
  return (character) => isIn(character) === (not === '');
}

/** Each `*` first takes nothing, then one character more whenever the rest does not fit; only the last one can matter. */
function matches(tokens: Token[], name: string[]): boolean {
  let [at, token, star, starAt] = [0, 0, -1, 0];
  while (at < name.length) {
    const wanted = tokens[token];
    if (wanted === '*') [star, starAt, token] = [token, at, token + 1];
    else if (wanted?.(name[at]!)) [at, token] = [at + 1, token + 1];
    else if (star >= 0) [starAt, at, token] = [starAt + 1, starAt + 1, star + 1];
    else return false;
  }
  return tokens.slice(token).every((rest) => rest === '*');
}
