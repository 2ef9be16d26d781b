// Makes the JSON Schema of a configuration, for editors, from schema.ts and keys.ts.
import * as z from 'zod';
import { KEYS } from './keys.js';
import { configSchema } from './schema.js';

/** The part of a JSON Schema that is used here. */
export interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

/** Draft 7, which all editors understand. `config check` checks what no keyword of it can say. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }) as JsonSchema;
  const { $schema, ...rest } = schema;
  return { $schema, title: 'Configuration of papyra', ...explained(rest, '') };
}

/** Adds what keys.ts knows of each key. */
function explained(node: JsonSchema, key: string): JsonSchema {
  const { says, preset, sample, backends } = KEYS[key.replace(/^defaults\./, 'persistence.')] ?? {};
  const who = backends ? ` (${backends.join(', ')})` : '';
  const properties = Object.entries(node.properties ?? {}).map(([name, child]) => {
    const path = key === '' ? name : `${key}.${name}`;
    return [name, explained(child, path)];
  });
  return {
    ...(says === undefined ? {} : { description: `${capital(says)}${who}.` }),
    ...node,
    ...(preset === undefined || preset === null ? {} : { default: preset }),
    ...(sample === undefined ? {} : { examples: [sample] }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) as never }),
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
