import { cpSync, chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const PAPYRA = join(ROOT, 'bin/papyra.js');
export const SHARED_DATA = join(ROOT, '../shared/papyra-data');

/** What cron gives a job, and little more. */
export const BARE = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: '/nonexistent' };

/** The same, and no program is to be found: papyra needs none. */
export const NO_PROGRAMS = { ...BARE, PATH: '' };

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

interface RunOptions extends Options {
  /** Another installation of the tool. */
  bin?: string;
  /** What runs it; default: this Node. */
  command?: readonly string[];
}

/** Runs the built tool as a real process in a bare environment. */
export async function papyra(args: string[], options: RunOptions = {}): Promise<Run> {
  const { bin = PAPYRA, command = [process.execPath], ...rest } = options;
  const [program, ...before] = command;
  const result = await execa(program!, [...before, bin, ...args], {
    env: BARE,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    cwd: '/',
    stripFinalNewline: false,
    ...rest,
  });
  return {
    code: result.exitCode ?? -1,
    stdout: String(result.stdout),
    stderr: String(result.stderr),
  };
}

/** `papyra persistence compact … --json`, with its document. */
export async function compact(args: string[], options: RunOptions = {}) {
  const run = await papyra(['persistence', 'compact', '--json', ...args], options);
  const report = run.stdout === '' ? undefined : (JSON.parse(run.stdout) as Report);
  return { ...run, report: report! };
}

export type Report = import('../../src/index.js').CompactionReport;

export const isRoot = process.getuid?.() === 0;

/** nobody: a user who owns nothing here. */
export const PLAIN_USER = 65_534;

/** The tool where a plain user can reach it, whatever the rights of the checkout. */
export function publicInstall(): string {
  const directory = mkdtempSync(join(tmpdir(), 'papyra-public-'));
  chmodSync(directory, 0o755);
  for (const part of ['bin', 'dist', 'package.json', 'node_modules/@koromix']) {
    cpSync(join(ROOT, part), join(directory, part), { recursive: true });
  }
  return join(directory, 'bin/papyra.js');
}
