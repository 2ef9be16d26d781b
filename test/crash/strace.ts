import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BARE, PAPYRA, type Run } from '../support/papyra.js';

/** Every system call that changes storage. */
const CHANGING = [
  ...[
    'openat',
    'write',
    'pwrite64',
    'fsync',
    'fdatasync',
    'linkat',
    'link',
    'symlink',
    'symlinkat',
  ],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'ftruncate', 'fallocate', 'mkdir'],
  ...['mkdirat', 'fchmod', 'fchown', 'ioctl'],
];

/** Calls that ask or read. */
export const ASKING = [
  ...['openat', 'read', 'pread64', 'lseek', 'statx', 'newfstatat', 'fstat', 'statfs', 'access'],
  ...['readlink', 'readlinkat', 'getdents64', 'flistxattr', 'fgetxattr', 'ioctl', 'fcntl', 'flock'],
];

/** One call of a run: the `when`th of its kind. */
export interface Point {
  call: string;
  when: number;
}

/** For messages. */
export function where({ call, when }: Point): string {
  return `${call} ${when}`;
}

export interface Trace {
  points: Point[];
  /** Every path below the directory that was touched. */
  paths: string[];
}

async function strace(options: string[], args: string[]): Promise<Run> {
  // No program is to be found: papyra needs none.
  const words = ['-f', '-qq', '-E', 'PATH=', ...options, process.execPath, PAPYRA, ...args];
  const result = await execa('strace', words, {
    env: BARE,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    cwd: '/',
  });
  const code = result.exitCode ?? (result.signal === 'SIGKILL' ? 137 : -1);
  return { code, stdout: result.stdout, stderr: result.stderr };
}

/** Runs papyra once and lists all that it does to the storage in `directory`, or asks about it. */
export async function record(
  directory: string,
  args: string[],
  calls: readonly string[] = CHANGING,
): Promise<Trace & { run: Run }> {
  const scratch = mkdtempSync(join(tmpdir(), 'papyra-strace-'));
  const file = join(scratch, 'trace');
  try {
    const run = await strace(['-y', '-o', file, '-e', `trace=${calls.join(',')}`], args);
    return { run, ...parse(readFileSync(file, 'utf8'), directory, calls === CHANGING) };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function parse(text: string, directory: string, changes: boolean): Trace {
  const counts = new Map<string, number>();
  const points: Point[] = [];
  const paths = new Set<string>();
  const main = /^\d+/.exec(text)?.[0];
  for (const line of text.split('\n')) {
    const [, pid, call] = /^(\d+)\s+(\w+)\(/.exec(line) ?? [];
    // strace counts the calls of each process for itself; what we count is papyra's own.
    if (call === undefined || pid !== main) continue;
    // A second opening of what is open already: no path of ours, and so not counted when it comes to it.
    if (/"\/proc\/self\/fd\/\d+"/.test(line)) continue;
    // A file without a name, on which is tried out what the place can do.
    if (/\/#\d+(?: \(deleted\))?>/.test(line)) continue;
    const found =
      line.match(new RegExp(`(?:${directory}|/proc/self/fd/\\d+/)[^">, )]*`, 'g')) ?? [];
    if (found.length === 0) continue;
    for (const path of found) paths.add(path.replace(/ \(deleted\)$/, ''));
    const when = (counts.get(call) ?? 0) + 1;
    counts.set(call, when);
    // Opening to read changes nothing.
    if (call === 'openat' && /O_CREAT|O_RDWR|O_WRONLY/.test(line) !== changes) continue;
    // Of these calls only one changes storage: it shares blocks.
    if (call === 'ioctl' && line.includes('FICLONERANGE') !== changes) continue;
    points.push({ call, when });
  }
  return { points, paths: [...paths] };
}

/** A directory that is held open may have another number than in the recorded run. */
function withOtherNumbers(paths: string[]): string[] {
  const all = new Set(paths);
  for (const path of paths) {
    const [, number, name] = /^\/proc\/self\/fd\/(\d+)\/(.*)$/.exec(path) ?? [];
    if (number === undefined) continue;
    for (let other = Number(number) - 8; other <= Number(number) + 8; other++)
      all.add(`/proc/self/fd/${other}/${name}`);
  }
  return [...all];
}

/** Runs papyra and does `fault` (`signal=SIGKILL`, `error=ENOSPC`) at one point. */
export function injectAt(
  { call, when }: Point,
  fault: string,
  paths: string[],
  args: string[],
): Promise<Run> {
  const filter = withOtherNumbers(paths).flatMap((path) => ['-P', path]);
  const inject = `inject=${call}:${fault}:when=${when}`;
  return strace(['-o', '/dev/null', ...filter, '-e', `trace=${call}`, '-e', inject], args);
}

export interface Fault {
  /** A call that only papyra itself makes, or all of those on descriptors as paths (`/proc/self/fd/18`). */
  call: string;
  /** What strace shows of it: its first such call fails, and with `always` all calls of its kind from there on. */
  like: RegExp;
  error: string;
  always?: boolean;
  /** Also the call that comes so many behind it. */
  again?: number;
  /** Another call on the file that is tried out fails each time, as strace has it. */
  more?: string;
  /** Only calls on this path: node makes others of that kind, too. */
  path?: string;
}

/** Runs papyra on a store that `reset` makes anew, first to find a call, then to let it fail. */
export async function withFault(
  { call, like, error, always, again, more, path }: Fault,
  args: string[],
  reset: () => void,
): Promise<Run> {
  const scratch = mkdtempSync(join(tmpdir(), 'papyra-strace-'));
  const file = join(scratch, 'trace');
  const held = Array.from({ length: 40 }, (_, fd) => ['', '/.events.ndjson.papyra.probe'].flatMap((name) => ['-P', `/proc/self/fd/${fd + 8}${name}`])).flat(); // prettier-ignore
  const filter = path !== undefined ? ['-P', path] : call === 'openat' ? held : [];
  try {
    reset();
    await strace([...filter, '-y', '-o', file, '-e', `trace=${call}`], args);
    const lines = readFileSync(file, 'utf8').split('\n');
    const main = /^\d+/.exec(lines[0]!)![0];
    const when = 1 + lines.filter((line) => line.startsWith(`${main} `)).findIndex((line) => like.test(line)); // prettier-ignore
    if (when === 0) throw new Error(`no call like ${String(like)}:\n${lines.join('\n')}`);
    reset();
    const times = again === undefined ? '' : `..${when + again}+${again}`;
    const inject = `inject=${call}:error=${error}:when=${when}${always ? '+' : times}`;
    const others = more === undefined ? [] : ['-e', `inject=${more}`];
    const trace = more === undefined ? call : `${call},${more.split(':')[0]!}`;
    return await strace([...filter, '-o', '/dev/null', '-e', `trace=${trace}`, '-e', inject, ...others], args); // prettier-ignore
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
