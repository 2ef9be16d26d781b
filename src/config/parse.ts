// Parses YAML, JSON and TOML. An error is `line 3: why` and repeats no text of the file, which may hold a secret.
import { defaultLoadersSync } from 'cosmiconfig';

export type Parse = (content: string) => unknown;

export const parseYaml: Parse = (content) => {
  try {
    return defaultLoadersSync['.yaml']('', content) as unknown;
  } catch (error) {
    const { reason, mark } = error as { reason?: string; mark?: { line: number } };
    // The parser may name the line after the last one.
    const last = content.trimEnd().split('\n').length;
    throw syntaxError(error, reason ?? 'not YAML', mark && Math.min(mark.line + 1, last));
  }
};

export const parseJson: Parse = (content) => {
  const text = content.replace(/^\ufeff/, '');
  try {
    const document: unknown = JSON.parse(text);
    assertNoDuplicateKey(text);
    return document;
  } catch (error) {
    if (error instanceof DuplicateKey) throw error;
    // V8 adds the position and a piece of the text to its message.
    const reason = (error as Error).message.replace(/ in JSON at position.*|, \.*"[^]*/, '');
    throw syntaxError(error, reason, jsonErrorLine(text));
  }
};

export const parseToml: Parse = async (content) => {
  const { parse } = await import('smol-toml');
  try {
    return parse(content);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0]!.replace('Invalid TOML document: ', '');
    throw syntaxError(error, reason, (error as { line?: number }).line);
  }
};

class DuplicateKey extends SyntaxError {}

/** `JSON.parse` silently takes the last of two values. JSON is also YAML, whose parser finds the duplicate. */
function assertNoDuplicateKey(text: string): void {
  try {
    defaultLoadersSync['.yaml']('', text);
  } catch (error) {
    const { reason, mark } = error as { reason?: string; mark?: { line: number } };
    if (!reason?.startsWith('duplicated')) return;
    throw new DuplicateKey(`line ${(mark?.line ?? 0) + 1}: a key is there twice`);
  }
}

/** Keeps the frames of the stack, but not its first lines, which may quote the configuration and a secret in it. */
function syntaxError(cause: unknown, reason: string, line: number | undefined): SyntaxError {
  const error = new SyntaxError(line === undefined ? reason : `line ${line}: ${reason}`);
  const frames = (cause as Error).stack?.match(/^ +at .*$/gm) ?? [];
  error.stack = [`SyntaxError: ${error.message}`, ...frames].join('\n');
  return error;
}

/** V8 does not always name the position, so this finds the longest beginning that could still become JSON. */
function jsonErrorLine(text: string): number {
  let good = 0;
  let bad = text.trimEnd().length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (beginsJson(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return text.slice(0, bad).split('\n').length;
}

function beginsJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    if (/^Unexpected end|^Unterminated string/.test(message)) return true;
    return position !== undefined && Number(position) >= text.length;
  }
}
