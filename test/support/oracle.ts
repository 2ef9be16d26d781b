import { execaSync } from 'execa';
import { join } from 'node:path';
import { ROOT } from './papyra.js';

const SCRIPT = join(ROOT, 'test/support/oracle.py');

export interface OracleRules {
  now?: number;
  max_age_seconds?: number;
  max_records?: number;
  max_total_bytes?: number;
  unreadable?: 'keep' | 'drop';
  undated?: 'keep' | 'drop';
}

function ask(jobs: object[]): unknown[] {
  const { stdout } = execaSync('python3', [SCRIPT], {
    input: jobs.map((job) => `${JSON.stringify(job)}\n`).join(''),
    maxBuffer: 1 << 30,
  });
  return stdout.split('\n').map((line) => JSON.parse(line) as unknown);
}

/** What Python's reader makes of each line. */
export function classifyByPython(lines: Uint8Array[]): [kind: string, timestamp: number | null][] {
  const encoded = lines.map((line) => Buffer.from(line).toString('base64'));
  return ask([{ classify: encoded }])[0] as [string, number | null][];
}

/** What is left of each log by a plain re-reading, and how many records went. */
export function compactByPython(
  jobs: { log: string; rules: OracleRules }[],
): { kept: Buffer; dropped: number }[] {
  return (ask(jobs) as { kept: string; dropped: number }[]).map(({ kept, dropped }) => ({
    kept: Buffer.from(kept, 'base64'),
    dropped,
  }));
}
