// Random stores, policies and questions, and what the plain rules answer.
import { execaSync } from 'execa';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawLog, START, STEP } from '../support/odd-log.js';
import { papyra, ROOT } from '../support/papyra.js';
import type { Random } from '../support/random.js';

/** What is asked, in the words of the oracle. */
export interface Question {
  kind: 'event' | 'audit' | 'dead_letter';
  rules: { now: number; max_age_seconds?: number; max_records?: number; max_total_bytes?: number };
  since?: number;
  until?: number;
  type?: string;
  target?: string;
  limit?: number;
  reverse?: boolean;
}

export type Store =
  | { files: string[] }
  | { streams: { key: string; kind: string; entries: [id: string, data: string | null][] }[] };

/** `count`: records in the store, about. */
export function drawQuestion(random: Random, count: number): Question {
  const now = Date.now() / 1000;
  // In the middle between two records: which of them have expired does not change while the test runs.
  const time = () => START + (random.below(count + 2) - 0.5) * STEP;
  const kind = random.pick(['event', 'event', 'audit', 'dead_letter'] as const);
  const rules: Question['rules'] = { now };
  if (random.chance(0.4)) rules.max_age_seconds = Math.round((now - time()) * 1000) / 1000;
  if (random.chance(0.4)) rules.max_records = 1 + random.below(count + 5);
  if (random.chance(0.4)) rules.max_total_bytes = 1 + random.below(250 * count);
  const question: Question = { kind, rules };
  if (random.chance(0.25)) question.since = time();
  if (random.chance(0.25)) question.until = time();
  if (random.chance(0.5)) question.limit = 1 + random.below(count);
  if (random.chance(0.5)) question.reverse = true;
  if (kind !== 'audit' && random.chance(0.2)) {
    question.type = kind === 'event' ? 'ActorCrashed' : 'PaymentRequest';
  }
  if (kind !== 'audit' && random.chance(0.1)) question.target = `local://${random.below(500)}`;
  return question;
}

const NAMES = { event: 'events', audit: 'audits', dead_letter: 'dead-letters' };

/** The same for the command line. */
export function argumentsOf({ kind, rules, reverse, ...others }: Question): string[] {
  const { since, until, type, target, limit } = others;
  const flags: [string, unknown][] = [
    ['--max-age', rules.max_age_seconds && `${rules.max_age_seconds}s`],
    ['--max-records', rules.max_records],
    ['--max-total-bytes', rules.max_total_bytes],
    ['--since', since],
    ['--until', until],
    ['--event-type', type],
    ['--target', target],
    ['--limit', limit],
  ];
  const given = flags.filter(([, value]) => value !== undefined).flatMap(([flag, value]) => [flag, String(value)]); // prettier-ignore
  return ['inspect', NAMES[kind], '--json', ...given, ...(reverse ? ['--reverse'] : [])];
}

/** A log of many shapes, with an end that may be torn, and a filler at its start. */
export function drawFiles(
  random: Random,
  path: string,
  files: number,
): { files: string[]; count: number } {
  const count = random.below(random.pick([5, 60, 400])) + 1;
  const content = drawLog(random, count, random.pick([0, 0.02, 0.3]));
  const names = Array.from({ length: files }, (_, at) => (at === files - 1 ? path : `${path}.${files - 1 - at}`)); // prettier-ignore
  let from = 0;
  for (const [at, name] of names.entries()) {
    const isLast = at === files - 1;
    const cut = isLast ? content.length : from + random.below(content.length - from + 1);
    // The end of a rotated file may be in the middle of a line: it ends it there.
    const to =
      isLast || random.chance(0.2) ? cut : content.indexOf(0x0a, cut) + 1 || content.length;
    const filler = random.chance(0.2) ? FILLER : '';
    const tail = isLast && random.chance(0.4) ? random.pick(TAILS) : '';
    writeFileSync(name, Buffer.concat([Buffer.from(filler), content.subarray(from, to), Buffer.from(tail)])); // prettier-ignore
    from = to;
  }
  return { files: names, count };
}

const FILLER = `{"kind":"compaction","timestamp":0,"nonce":"0123456789","pad":"${' '.repeat(100)}"}\n`;
const TAILS = ['{"kind": "event", "ti', `{"kind": "event", "timestamp": ${START + 1}.5}`, 'x', ' '];

/** What the plain rules list. */
export function askOracle(jobs: (Store & Question)[]): Buffer[][] {
  const { stdout } = execaSync('python3', [join(ROOT, 'test/support/listing_oracle.py')], {
    input: jobs.map((job) => `${JSON.stringify(job)}\n`).join(''),
    maxBuffer: 1 << 30,
  });
  return stdout
    .split('\n')
    .map((line) => (JSON.parse(line) as string[]).map((text) => Buffer.from(text, 'base64')));
}

/** What papyra lists. */
export async function listed(question: Question, store: string[], cwd = '/'): Promise<string> {
  const run = await papyra([...argumentsOf(question), ...store], { cwd, encoding: 'latin1', maxBuffer: 1 << 28 }); // prettier-ignore
  if (run.code !== 0) throw new Error(`exit ${run.code}: ${run.stderr}`);
  return run.stdout;
}

export function asOutput(lines: Buffer[]): string {
  return lines.map((line) => `${line.toString('latin1')}\n`).join('');
}
