// Words what is wrong with a configuration or a call: what was found, what is allowed, and what was probably meant.
import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { runtimeBackendHint, runtimeKeyHint } from './runtime-words.js';
import { withoutCredentials } from '../text/secrets.js';

/** The greatest edit distance at which one word counts as a misspelt form of another. */
const NEAR_MISS = 3;

/** Keys whose values may hold a password: a message says only what kind of value it is. */
const SECRET = ['url', 'cluster', 'sentinel', 'hooks'];

export interface Problem {
  /** The key's path; empty for the configuration itself. */
  path: string;
  /** `what was found, allowed: what is allowed` */
  problem: string;
  hint?: string;
}

/** All problems, unknown keys first: a missing key is often one of them, misspelt. */
export function explainIssues(error: z.ZodError, input: unknown, schema: z.ZodType): Problem[] {
  const unknown = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? explainUnknown(issue, schema) : [],
  );
  const others = error.issues.filter(({ code }) => code !== 'unrecognized_keys');
  return [...unknown, ...others.map((issue) => explainValue(issue, input))];
}

function explainUnknown(issue: z.core.$ZodIssueUnrecognizedKeys, schema: z.ZodType): Problem[] {
  const allowed = keysAt(schema, issue.path);
  return issue.keys.map((key) => ({
    path: [...issue.path, key].join('.'),
    problem: `unknown key; allowed here: ${allowed.join(', ')}`,
    ...(runtimeKeyHint(key, issue.path) ?? suggestion(key, allowed)),
  }));
}

function explainValue(issue: z.core.$ZodIssue, input: unknown): Problem {
  const found = valueAt(input, issue.path);
  const secret = issue.path.some((key) => SECRET.includes(String(key)));
  return {
    path: issue.path.join('.'),
    problem: `found ${secret ? kindOf(found) : inWords(found)}, allowed: ${issue.message}`,
    ...(typeof found === 'string' ? hintFor(found, issue) : {}),
  };
}

function hintFor(found: string, { path, message }: z.core.$ZodIssue): { hint?: string } {
  const backend = path.at(-1) === 'backend' ? runtimeBackendHint(found) : undefined;
  return backend ?? suggestion(found, message.match(/\w+/g) ?? []);
}

/** `did you mean …?` when one of the candidates is close enough. */
export function suggestion(word: string, candidates: string[]): { hint?: string } {
  if (candidates.length === 0 || word.length < 3) return {};
  const best = closest(word, candidates);
  const near = distance(word.toLowerCase(), best.toLowerCase());
  return near > 0 && near <= Math.min(NEAR_MISS, best.length / 2)
    ? { hint: `did you mean ${best}?` }
    : {};
}

interface SchemaNode {
  shape?: Record<string, SchemaNode>;
  unwrap?: () => SchemaNode;
  /** What each value of a record is. */
  valueType?: SchemaNode;
  type?: string;
}

function keysAt(schema: z.ZodType, path: PropertyKey[]): string[] {
  let node = schema as unknown as SchemaNode | undefined;
  for (const key of path) node = open(node)?.valueType ?? open(node)?.shape?.[String(key)];
  return Object.keys(open(node)?.shape ?? {});
}

function open(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.type === 'optional' ? node.unwrap?.() : node;
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

/** A value of a configuration or a call, for a message. */
export function inWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol' || typeof value === 'bigint') return `a ${typeof value}`;
  const json = JSON.stringify(value, (key, part: unknown) => {
    if (SECRET.includes(key)) return '…';
    if (typeof part === 'string') return withoutCredentials(part);
    return typeof part === 'number' && !Number.isFinite(part) ? String(part) : part;
  });
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  const kind = typeof value;
  return kind === 'object' ? 'an object' : kind === 'string' ? 'a text' : `a ${kind}`;
}
