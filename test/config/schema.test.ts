import { Ajv } from 'ajv';
import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configJsonSchema, type JsonSchema } from '../../src/config/json-schema.js';
import { KEYS } from '../../src/config/keys.js';
import { parseYaml } from '../../src/config/parse.js';
import { resolveConfig, type ResolveRequest } from '../../src/config/resolve.js';
import { configSchema } from '../../src/config/schema.js';
import { describeConfig } from '../../src/config/show.js';
import type { ConfigInput, Overrides } from '../../src/config/types.js';
import { papyra } from '../support/papyra.js';
import { testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';

const isValid = new Ajv({ strict: true, allowUnionTypes: true }).compile(configJsonSchema());
const seed = testSeed('schema');

const TEXTS = ['./x.mjs', 'x', '/x', '', 'a\0b', 'json', 'redis', 7, null, ['x'], {}];
const SIZES = [1, 0, -1, 1.5, 2 ** 53, '500MB', '64KiB', ' 2GB ', '1.5kB', '0MB', 'MB', '', 'x', true]; // prettier-ignore
const AGES = [1, 0.5, 0, -1, 1e15, '7d', '1.5h', '7', '0s', '7 days', '', false, {}];
const COUNTS = [1, 5, 0, -1, 1.5, 2 ** 53, '5', null];
const FLAGS = [true, false, 'true', 1, null];
const NODES = [['a:1'], [{ host: 'a' }], [{ host: 'a', port: 70_000 }], [{ port: 1 }], [5], 'a:1', ['']]; // prettier-ignore
const COMMANDS = [['x'], ['x', 'y z'], [], 'x', [5], [''], null];

/** The first of them is a good one, and often taken. */
const one = (values: readonly unknown[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(values[0]) }, fc.constantFrom(...values));
const section = (keys: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.record(keys, { requiredKeys: [] }) },
    fc.constantFrom<unknown>([], 'x', null, { stray: 1 }),
  );

/** Configurations, good and bad. */
const anything = section({
  persistence: section({
    backend: one(TEXTS),
    path: fc.oneof(one(TEXTS), fc.string()),
    max_bytes: one(SIZES),
    max_files: one(COUNTS),
    url: one([
      'redis://a',
      'rediss://user:word@host:1/2',
      'unix:///x?db=1',
      'http://a',
      'redis',
      5,
    ]),
    cluster: one(NODES),
    sentinel: fc.record({ name: one(TEXTS), nodes: one(NODES), db: one([0, 1, -1, '0']) }),
    tls: one([true, { ca: 'x' }, {}, { ca: 5 }, { other: 'x' }, 'x', null]),
    prefix: fc.oneof(one(TEXTS), fc.string()),
    system_id: one([...TEXTS, []]),
    approx_trim: one(FLAGS),
    retention: section({
      max_age_seconds: one(AGES),
      max_records: one(COUNTS),
      max_total_bytes: one(SIZES),
    }),
    archive: section({ dir: one(TEXTS) }),
  }),
  metrics: section({ enabled: one(FLAGS), textfile: one(TEXTS) }),
  hooks: section({ before_compact: one(COMMANDS), on_error: one(COMMANDS) }),
  $schema: one(['x', 5]),
});

/** The paths of all that is not a section. */
function leavesOf(node: JsonSchema, above = ''): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = above === '' ? name : `${above}.${name}`;
    return child.properties ? leavesOf(child, key) : [key];
  });
}

describe('the JSON Schema', () => {
  test('takes and refuses what papyra takes and refuses', () => {
    let taken = 0;
    fc.assert(
      fc.property(anything, (config) => {
        const { success } = configSchema.safeParse(config);
        taken += success ? 1 : 0;
        expect(isValid(config)).toBe(success);
      }),
      { seed, numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  test('says what each key is, and knows no other', () => {
    const ofStores = Object.keys(KEYS).filter((key) => /^persistence\.(?!path$)/.test(key));
    const shared = ofStores.map((key) => key.replace('persistence', 'defaults'));
    const all = [...Object.keys(KEYS), ...shared, 'stores'];
    expect(leavesOf(configJsonSchema()).sort()).toEqual(all.sort());
  });

  test('the samples of all keys are valid, each on its own', () => {
    for (const [key, { sample }] of Object.entries(KEYS)) {
      if (sample === undefined) continue;
      const config = key.split('.').reduceRight((inner: unknown, name) => ({ [name]: inner }), sample); // prettier-ignore
      expect([key, isValid(config), configSchema.safeParse(config).success]).toEqual([key, true, true]); // prettier-ignore
    }
  });

  test('is what the first line of a starter names, and holds for it, comments taken away or not', async () => {
    const directory = tempDirectory();
    for (const args of [[], ['--backend', 'rotating', '--max-age', '7d'], ['--backend', 'redis']]) {
      const { stdout: starter } = await papyra(['config', 'init', ...args]);
      const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(starter)![1]!;
      const place = join(directory, named);
      writeFileSync(place, (await papyra(['config', 'schema'])).stdout);
      const holds = new Ajv({ strict: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(place, 'utf8')) as object); // prettier-ignore
      const full = starter.replace(/^(\s*)# (\s*\w+:)/gm, '$1$2');
      expect(full.match(/^ *#/gm)!.length).toBeLessThan(starter.match(/^ *#/gm)!.length);
      for (const text of [starter, full]) {
        const config: unknown = parseYaml(text);
        expect([holds(config), holds.errors]).toEqual([true, null]);
        expect(configSchema.safeParse(config).success).toBe(true);
      }
    }
  });
});

describe('what config show says', () => {
  const maybe = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined }); // prettier-ignore
  const inputs = fc.record({
    persistence: fc.record({
      backend: fc.constantFrom('json', 'rotating', 'redis', 'memory', './m.mjs'),
      url: fc.constantFrom('redis://a:1/2', 'redis://u@a', 'redis://:w@a'),
      username: maybe(['u']),
      password_file: maybe(['secret']),
      system_id: maybe(['*', ['a', 'b']]),
      approx_trim: maybe([false]),
      path: fc.constantFrom('a.log', '/b/c.log'),
      max_bytes: maybe([7, '1MB']),
      max_files: maybe([1, 9]),
      prefix: maybe(['p']),
      retention: maybe([{ max_age_seconds: '7d' }, { max_records: 5, max_total_bytes: '2GB' }]),
      archive: maybe([{ dir: 'old' }]),
    }),
    metrics: maybe([{ enabled: false }, {}]),
    hooks: maybe([{ on_error: ['x', 'y'] }]),
  });
  const overrides = fc.record({
    path: maybe(['d.log']),
    backend: maybe(['json', 'rotating']),
    max_age_seconds: maybe([60]),
    max_records: maybe([3]),
    max_total_bytes: maybe([100]),
    max_files: maybe([4]),
    max_bytes: maybe([5000]),
    redis_url: maybe(['rediss://u:w@b']),
    redis_username: maybe(['v']),
    redis_password: maybe(['w']),
    timeout_seconds: maybe([9]),
  });

  test('means the same when it is written down', () => {
    const meaning = (request: ResolveRequest) => {
      const { store, ...rest } = { ...resolveConfig(request), overrides: {}, secretFiles: [] };
      // Where the words stood, and which file named a password, is no matter; an archive none to a store that
      // has nothing outside.
      const archive = store.backend === 'memory' ? undefined : rest.archive;
      return { ...rest, store: { ...store, namedBy: '', options: '' }, archive };
    };
    fc.assert(
      fc.property(inputs, overrides, (input: ConfigInput, given: Overrides) => {
        const request = { found: null, input, overrides: given, flags: given, cwd: '/cwd' };
        const written: Record<string, Record<string, unknown>> = {};
        const aside: Record<string, unknown> = {};
        for (const { key, value } of describeConfig(request).values) {
          if (value === null) continue;
          if (!(key in KEYS)) {
            aside[key] = value;
            continue;
          }
          const names = key.split('.');
          const last = names.pop()!;
          const inside = names.reduce((node: Record<string, unknown>, name) => (node[name] ??= {}) as Record<string, unknown>, written); // prettier-ignore
          inside[last] = value;
        }
        const again = { ...request, input: written, overrides: aside, flags: {} };
        expect(configSchema.safeParse(written).success).toBe(true);
        expect(meaning(again)).toEqual(meaning(request));
      }),
      { seed, numRuns: 500 },
    );
  });

  test('a default that is told is the one in force', () => {
    const request = (input: ConfigInput): ResolveRequest => ({ found: null, input, overrides: {}, flags: {}, cwd: '/' }); // prettier-ignore
    for (const [key, { preset, backends = ['rotating'] }] of Object.entries(KEYS)) {
      if (preset === undefined || preset === null) continue;
      const persistence = { backend: backends[0]!, path: '/x', url: 'redis://a' };
      const [top, name] = key.split('.') as ['persistence' | 'metrics', string];
      const input = { persistence, [top]: { ...(top === 'persistence' ? persistence : {}), [name]: preset } }; // prettier-ignore
      expect([key, resolveConfig(request(input))]).toEqual([key, resolveConfig(request({ persistence }))]); // prettier-ignore
    }
  });
});
