import * as z from 'zod';
import { KEYS } from './keys.js';
import { configSchema } from './schema.js';

/** As far as it is looked at here. */
export interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

/**
 * The JSON Schema of a configuration, for editors. It is that of the schema itself; what no keyword can say
 * is left to `config check`. Draft 7 is what they all understand.
 */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }) as JsonSchema;
  const { $schema, ...rest } = schema;
  return { $schema, title: 'Configuration of papyra', ...explained(rest, '') };
}

/** With what is known of its keys. */
function explained(node: JsonSchema, key: string): JsonSchema {
  const { says, preset, sample, backends } = KEYS[key] ?? {};
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
