import { execa, execaSync } from 'execa';
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, lchownSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { BARE, PAPYRA, PLAIN_USER } from '../support/papyra.js';

/** Whatever a run does, it ends within this time. */
const LIMIT_MS = 30_000;
/** Exit codes that are documented: all but that of a bug. `doctor` has 1 for what it found. */
const CODES = [0, 1, 64, 65, 66, 69, 74, 75, 77, 78];
/** So long a call is held up, for the user to do something meanwhile. */
const DELAY_MS = 1500;

const old = (n: number) => `{"n": ${n}, "timestamp": 1.5}\n`;
const live = (n: number) => `{"n": ${n}, "timestamp": 4000000000.5}\n`;
const many = (make: (n: number) => string, count: number) =>
  Array.from({ length: count }, (_, n) => make(n)).join('');
export const CONTENT = many(old, 2000) + many(live, 300);
/** Large enough that an index of it is kept. */
export const LARGE = many(old, 300) + many(live, 300_000);

/** The directory of a hostile user, in which his log is, and a tree of root that nothing may touch. */
export interface Stage {
  token: string;
  /** Of the user. */
  home: string;
  data: string;
  log: string;
  archive: string;
  /** Of root: with files of all the names that papyra uses, and a secret in each. */
  vault: string;
  secret: string;
  config: string;
}

let template: string | undefined;

/** What a real run keeps, made once. */
function keptMetrics(token: string): string {
  template ??= makeTemplate();
  const kept = JSON.parse(template) as object;
  const last_hook_failure = { at: new Date().toISOString(), hook: 'on_error', message: token };
  return `${JSON.stringify({ ...kept, last_hook_failure })}\n`;
}

function makeTemplate(): string {
  const directory = mkdtempSync(join(tmpdir(), 'papyra-template-'));
  try {
    const log = join(directory, 'events.ndjson');
    writeFileSync(log, CONTENT);
    execaSync(process.execPath, [PAPYRA, ...compaction(log)], { env: BARE, extendEnv: false });
    return readFileSync(join(directory, '.papyra/events.ndjson.metrics.json'), 'utf8');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const compaction = (log: string, ...more: string[]): string[] => ['persistence', 'compact', '--path', log, '--max-age', '52w', ...more]; // prettier-ignore

/** Makes it all anew, lets `use` work on it, and removes it: tests run side by side. */
export async function onStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'papyra-hostile-'));
  chmodSync(root, 0o755);
  try {
    await use(makeStage(root));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function makeStage(root: string): Stage {
  const at = (...parts: string[]) => join(root, ...parts);
  const token = randomUUID();
  const stage = { token, home: at('home'), data: at('home/data'), log: at('home/data/events.ndjson'), archive: at('home/archive'), vault: at('vault'), secret: at('vault/secret'), config: at('papyra.json') }; // prettier-ignore
  for (const path of [stage.home, stage.data, stage.archive]) theirs(path, () => mkdirSync(path));
  give(stage.log, CONTENT);
  mkdirSync(at('vault/logs/.papyra'), { recursive: true });
  mkdirSync(at('vault/empty'));
  const record = `{"token": "${token}", "timestamp": 4000000000.5}\n`;
  const lines = record.repeat(30);
  const expired = `{"token": "${token}", "timestamp": 1.5}\n`.repeat(3000);
  const files: Record<string, string> = {
    secret: lines,
    'metrics.json': keptMetrics(token),
    'papyra.prom': `# HELP papyra_${token}\npapyra_x{store="${token}"} 1\n`,
    'logs/events.ndjson': expired + lines,
    'logs/events.compact.tmp': lines,
    'logs/.papyra/events.ndjson.metrics.json': keptMetrics(token),
  };
  const ends = ['lock', 'tmp', 'new', 'old.0.0', 'intent', 'probe', 'probe.link'];
  for (const end of ends) files[`logs/.events.ndjson.papyra.${end}`] = lines;
  for (const end of ['metrics.lock', 'metrics.json.tmp', 'index', 'index.tmp']) files[`logs/.papyra/events.ndjson.${end}`] = lines; // prettier-ignore
  for (const index of [1, 2]) files[`logs/events.ndjson.${index}`] = expired + lines;
  for (const [name, content] of Object.entries(files)) writeFileSync(at('vault', name), content, { mode: 0o600 }); // prettier-ignore
  return stage;
}

function theirs(path: string, make: () => void): void {
  make();
  lchownSync(path, PLAIN_USER, PLAIN_USER);
}

/** A file of the hostile user. */
export function give(path: string, content: string): void {
  theirs(path, () => writeFileSync(path, content, { mode: 0o644 }));
}

/** What the hostile user can put in the place of a name. */
export const PLANTS = {
  'a link to a secret of root': ({ secret }, path) => theirs(path, () => symlinkSync(secret, path)),
  'a link to a directory of root': ({ vault }, path) => theirs(path, () => symlinkSync(join(vault, 'logs'), path)), // prettier-ignore
  'a link to where nothing is': ({ vault }, path) => theirs(path, () => symlinkSync(join(vault, 'logs/appears'), path)), // prettier-ignore
  'a hard link to a secret of root': ({ secret }, path) => linkSync(secret, path),
  'a pipe': (_stage, path) => theirs(path, () => execaSync('mkfifo', [path])),
  'a socket': (_stage, path) => theirs(path, () => execaSync('python3', ['-c', 'import socket, sys, os; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind(sys.argv[2])', dirname(path), basename(path)])), // prettier-ignore
  'a directory': (_stage, path) => theirs(path, () => mkdirSync(path)),
  'a file of root': ({ token }, path) => writeFileSync(path, `${token}\n`, { mode: 0o600 }),
} satisfies Record<string, (stage: Stage, path: string) => void>;
export type Plant = keyof typeof PLANTS;

export function plant(what: Plant, stage: Stage, path: string): void {
  mkdirIfMissing(dirname(path));
  rmSync(path, { recursive: true, force: true });
  PLANTS[what](stage, path);
}

function mkdirIfMissing(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })) theirs(path, () => mkdirSync(path));
}

/** Puts a link to another directory in the place of one. */
export function swapFor(path: string, target: string): void {
  renameSync(path, `${path}.away`);
  theirs(path, () => symlinkSync(target, path));
}

/** All names below a directory; links are not followed. */
function tree(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? [path, ...tree(path)] : [path];
  });
}

/** All that can be known of what is root's; names that the hostile user made of it do not count. */
function snapshot({ home, vault, config }: Stage): unknown[] {
  const inodes = tree(home).map((path) => lstatSync(path).ino);
  return [vault, ...tree(vault), config].flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) return [];
    const { ino, mode, uid, gid, size, mtimeMs } = stat;
    const nlink = stat.nlink - inodes.filter((one) => one === ino).length;
    const content = stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : stat.isSymbolicLink() ? readlinkSync(path) : ''; // prettier-ignore
    return [{ path, ino, mode, uid, gid, size, mtimeMs, nlink, content }];
  });
}

/** What the hostile user can read in his directory. */
function readable({ home }: Stage): string {
  return tree(home).map((path) => {
    const stat = lstatSync(path);
    const may = stat.uid === PLAIN_USER || (stat.mode & 0o004) !== 0;
    if (!stat.isFile() || !may) return '';
    const bytes = readFileSync(path);
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  }).join('\n'); // prettier-ignore
}

/** At which call the user does something: the first, or another one, of its kind; or behind it. */
export interface Moment {
  call: string;
  when?: number;
  /** Only calls on this path count. */
  path?: string;
  behind?: boolean;
}

export interface Attempt {
  args: string[];
  at?: Moment;
  swap?: () => void;
}

/** A run of root. All that is root's is as it was, and no secret is told. */
export async function expectNoHarm(stage: Stage, { args, at, swap }: Attempt): Promise<number> {
  let before = snapshot(stage);
  const command = [process.execPath, PAPYRA, ...args];
  const [program, ...words] = at ? ['strace', ...delayed(at), ...command] : command;
  const child = execa(program!, words, { env: BARE, extendEnv: false, reject: false, stdin: 'ignore', cwd: '/', timeout: LIMIT_MS, killSignal: 'SIGKILL' }); // prettier-ignore
  if (at && swap) {
    const isHeld = await heldUp(child.pid!);
    swap();
    before = snapshot(stage);
    expect({ isHeld, still: isStopped(tracee(child.pid!)) }).toEqual({ isHeld: true, still: true });
  }
  const { exitCode, stdout, stderr, timedOut } = await child;
  const said = `${stdout}\n${stderr}`;
  expect(snapshot(stage)).toEqual(before);
  expect(`${said}\n${readable(stage)}`).not.toContain(stage.token);
  expect(said).not.toMatch(/^\s+at .*:\d+:\d+\)?$|bug in papyra/m);
  expect({ timedOut, exitCode, said }).toMatchObject({ timedOut: false, exitCode: expect.toBeOneOf(CODES) as number }); // prettier-ignore
  return exitCode!;
}

function delayed({ call, when = 1, path, behind }: Moment): string[] {
  const filter = path === undefined ? [] : ['-P', path];
  const delay = `${behind ? 'delay_exit' : 'delay_enter'}=${DELAY_MS * 1000}`;
  return ['-f', '-qq', '-o', '/dev/null', ...filter, '-e', `trace=${call}`, '-e', `inject=${call}:${delay}:when=${when}`]; // prettier-ignore
}

function tracee(strace: number): number {
  return Number(readFileSync(`/proc/${strace}/task/${strace}/children`, 'utf8').split(' ')[0]);
}

function isStopped(pid: number): boolean {
  try {
    return /^State:\s+t/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until a run is stopped in its call; false: it ended before. */
async function heldUp(strace: number): Promise<boolean> {
  let stopped = 0;
  for (let looks = 0; looks < 2000 && stopped < 15; looks++) {
    await sleep(10);
    try {
      const pid = tracee(strace);
      stopped = pid > 0 && isStopped(pid) ? stopped + 1 : 0;
    } catch {
      return false;
    }
  }
  return stopped >= 15;
}
