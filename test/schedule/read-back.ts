import { createRequire } from 'node:module';
import { z } from 'zod';

// Its types would bring those of a browser, which contradict Node's.
const { parse: parseHcl } = createRequire(import.meta.url)('@cdktn/hcl2json') as {
  parse: (name: string, content: string) => Promise<{ job?: unknown; words?: string[] }>;
};

/** The words of a line of systemd, by the rules of systemd.syntax(7) and systemd.service(5). */
export function systemdWords(line: string, expandsVariables: boolean): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => {
    const word = (quoted?.replaceAll(/\\(.)/g, '$1') ?? bare!).replaceAll('%%', '%');
    return expandsVariables ? word.replaceAll('$$', '$') : word;
  });
}

/** The value of a key in a unit file. */
export function unitValue(content: string, key: string): string {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(content)![1]!;
}

const text = z.string();
const one = <T extends z.ZodType>(block: T) => z.tuple([block]);
const volume = z.strictObject({ type: z.literal('host'), source: text });
const mount = z.strictObject({
  type: z.literal('bind'),
  source: text,
  target: z.string().startsWith('/'),
  readonly: z.boolean(),
});
const config = z.strictObject({
  image: text,
  entrypoint: z.array(text),
  args: z.array(text),
  readonly_rootfs: z.literal(true),
  cap_drop: z.tuple([z.literal('all')]),
  security_opt: z.tuple([z.literal('no-new-privileges')]),
  mount: one(mount).optional(),
});
const task = z.strictObject({
  driver: z.literal('docker'),
  user: text.optional(),
  config: one(config),
  volume_mount: z.array(z.strictObject({ volume: text, destination: text })).optional(),
  template: z
    .array(z.strictObject({ data: text, destination: text, env: z.literal(true).optional() }))
    .optional(),
  logs: one(z.strictObject({ max_files: z.number(), max_file_size: z.number() })),
  resources: one(z.strictObject({ cpu: z.number(), memory: z.number() })),
});
const restart = z.strictObject({
  attempts: z.number(),
  interval: text,
  delay: text,
  mode: z.enum(['fail', 'delay']),
});
const group = z.strictObject({
  volume: z.record(text, one(volume)).optional(),
  restart: one(restart),
  reschedule: one(z.strictObject({ attempts: z.number(), unlimited: z.boolean() })),
  task: z.strictObject({ papyra: one(task) }),
});
const job = z.strictObject({
  type: z.literal('batch'),
  periodic: one(z.strictObject({ crons: z.array(text), prohibit_overlap: z.literal(true) })),
  group: z.strictObject({ compact: one(group) }),
});

/** What the library of HashiCorp reads, held against the keys that Nomad documents for a job. */
export async function nomadJob(content: string) {
  const file = z.strictObject({ job: z.record(text, one(job)) });
  const [[name, [body]]] = Object.entries(file.parse(await parseHcl('job.hcl', content)).job) as [
    [string, [z.infer<typeof job>]],
  ];
  const [inGroup] = body.group.compact;
  const [inTask] = inGroup.task.papyra;
  return { name, job: body, group: inGroup, task: inTask, args: inTask.config[0].args.map(plain) };
}

/** The words of a list in HCL. */
export async function hclWords(list: string): Promise<string[]> {
  const { words } = await parseHcl('words.hcl', `words = ${list}`);
  return words!.map(plain);
}

/** The library writes what it reads as a template again. */
function plain(template: string): string {
  return template.replaceAll(/([$%])\1\{/g, '$1{');
}
