// Defines with zod which configurations are valid. meta() holds the patterns of refinements, for the JSON Schema.
import * as z from 'zod';
import { BACKENDS, type ConfigInput } from './types.js';
import { parseAddress, REDIS_PORT, wrongIn } from './redis-url.js';
import {
  DURATION_PATTERN,
  MAX_SECONDS,
  parseAmount,
  parseDuration,
  parseShare,
  parseSize,
  SHARE_PATTERN,
  SIZE_PATTERN,
} from '../units/units.js';

/** The error of each leaf says what is allowed there; `explain.ts` adds the key and what was found. */
function says(allowed: string): { error: string } {
  return { error: allowed };
}

/** A number, or a text with a unit. Both have the same error, as zod reports only one of them for a near miss. */
function withUnit(
  number: z.ZodNumber,
  parse: (text: string) => unknown,
  pattern: string,
  allowed: string,
) {
  return z.union([number, parsed(parse, pattern, allowed)], says(allowed));
}

/** A text that `parse` does not refuse. */
function parsed(parse: (text: string) => unknown, pattern: string, allowed: string) {
  const isOne = (value: string): boolean => {
    try {
      parse(value);
      return true;
    } catch {
      return false;
    }
  };
  return z.string(says(allowed)).refine(isOne, says(allowed)).meta({ pattern });
}

const COUNT = `a whole number above zero, up to ${Number.MAX_SAFE_INTEGER}`;
const SIZE = 'bytes above zero, such as 500000000, 500MB or 64KiB';
const AGE = 'seconds above zero, or a duration such as 12h or 7d, up to 10,000 years';
const SHARE = 'a share such as 50%, from 0% to 100%';
const AMOUNT = 'a size such as 64MB, or a share such as 5%';
const PORT = 'a port number, 1 to 65535';
const SYSTEMS = 'a name, a list of names, or "*"';
const NODES = 'a list of host:port';
const URL_FORMS = 'redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/socket?db=0';
const DB = 'the number of a database, such as 0';
const TLS = 'true, false, or ca, cert, key and server_name, each optional';

const count = z.number(says(COUNT)).int(says(COUNT)).positive(says(COUNT));
const size = withUnit(
  z.number().int(says(SIZE)).positive(says(SIZE)),
  parseSize,
  SIZE_PATTERN,
  SIZE,
);
const age = withUnit(
  z.number().positive(says(AGE)).max(MAX_SECONDS, says(AGE)),
  parseDuration,
  DURATION_PATTERN,
  AGE,
);
const share = parsed(parseShare, SHARE_PATTERN, SHARE);
const amount = withUnit(
  z.number().int(says(AMOUNT)).positive(says(AMOUNT)),
  parseAmount,
  `${SIZE_PATTERN}|${SHARE_PATTERN}`,
  AMOUNT,
);
const text = z
  .string(says('a text'))
  .min(1, says('a text that is not empty'))
  .refine((value) => !value.includes('\0'), says('a text without a NUL character'))
  .meta({ pattern: '^[^\\u0000]*$' });
const flag = z.boolean(says('true or false'));
const command = z.array(text, says('a list: the command, then its arguments')).min(1, {
  error: 'a list with at least the command',
});
const address = z.strictObject(
  {
    host: text,
    port: z
      .number(says(PORT))
      .int(says(PORT))
      .min(1, says(PORT))
      .max(65_535, says(PORT))
      .optional(),
  },
  says('a host and a port'),
);
const node = text
  .refine((value) => parseAddress(value, REDIS_PORT) !== undefined)
  .meta({ pattern: '^(?:\\[[0-9a-fA-F:.]+\\]|[^\\s:/@[\\]]+)(?::\\d{1,5})?$' });
const nodes = z
  .array(z.union([node, address], says('host:port, or a host and a port')), says(NODES))
  .min(1, says(NODES));
const url = text
  .superRefine((value, context) => {
    const wrong = wrongIn(value);
    if (wrong) context.addIssue({ code: 'custom', message: `${URL_FORMS}; here ${wrong}` });
  })
  .meta({ pattern: '^\\s*(?:[rR][eE][dD][iI][sS]{1,2}|[uU][nN][iI][xX])://' });
const sentinel = z.strictObject(
  {
    name: text,
    nodes,
    db: z.number(says(DB)).int(says(DB)).min(0, says(DB)).optional(),
    username: text.optional(),
    password_file: text.optional(),
  },
  says('the name of the master and its sentinel nodes'),
);
const tls = z.union(
  [
    z.boolean(),
    z.strictObject({
      ca: text.optional(),
      cert: text.optional(),
      key: text.optional(),
      server_name: text.optional(),
    }),
  ],
  says(TLS),
);

const retention = z.strictObject(
  {
    max_age_seconds: age.optional(),
    max_records: count.optional(),
    max_total_bytes: size.optional(),
  },
  says('max_age_seconds, max_records and max_total_bytes, each optional'),
);

const MODULE = /^\.{0,2}\//;

const backend = text
  .refine(
    (value) => (BACKENDS as readonly string[]).includes(value) || MODULE.test(value),
    says(`${BACKENDS.join(', ')} or a path such as ./my-backend.mjs`),
  )
  .meta({ anyOf: [{ enum: BACKENDS }, { pattern: MODULE.source }] });

const persistence = z.strictObject(
  {
    backend: backend.optional(),
    path: text.optional(),
    max_bytes: size.optional(),
    max_files: count.optional(),
    url: url.optional(),
    cluster: nodes.optional(),
    sentinel: sentinel.optional(),
    username: text.optional(),
    password_file: text.optional(),
    tls: tls.optional(),
    prefix: text.optional(),
    system_id: z.union([text, z.array(text).min(1, says(SYSTEMS))], says(SYSTEMS)).optional(),
    approx_trim: flag.optional(),
    retention: retention.optional(),
    archive: z
      .strictObject(
        {
          dir: text.optional(),
          compression: z.enum(['auto', 'gzip', 'zstd'], says('auto, gzip or zstd')).optional(),
        },
        says('a directory: { dir: /backup }'),
      )
      .optional(),
  },
  says('the store: backend, path, retention and so on'),
);

const NAMES = 'names of a-z, 0-9 and -, each with its store';
const STORE_NAME = /^[a-z0-9][a-z0-9-]*$/;

const stores = z
  .record(z.string().regex(STORE_NAME, says(NAMES)), persistence, says(NAMES))
  .refine((value) => Object.keys(value).length > 0, says('at least one store'))
  .meta({ minProperties: 1 });

export const configSchema = z.strictObject(
  {
    $schema: z.string(says('a text')).optional(),
    persistence: persistence.optional(),
    stores: stores.optional(),
    defaults: persistence.omit({ path: true }).optional(),
    metrics: z
      .strictObject(
        { enabled: flag.optional(), textfile: text.optional() },
        says('enabled and textfile'),
      )
      .optional(),
    hooks: z
      .strictObject(
        {
          before_compact: command.optional(),
          after_compact: command.optional(),
          on_error: command.optional(),
        },
        says('before_compact, after_compact and on_error'),
      )
      .optional(),
    guards: z
      .strictObject(
        { max_drop: share.optional(), min_reclaim: amount.optional() },
        says('max_drop and min_reclaim'),
      )
      .optional(),
  },
  says('the sections persistence or stores, defaults, metrics, hooks and guards'),
) satisfies z.ZodType<ConfigInput>;
