// The processes of a world: writers, and runs of papyra. Each knows whether it stands still.
import { execa, type ResultPromise } from 'execa';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BARE, PAPYRA, ROOT } from '../support/papyra.js';
import { readTold, type Told } from './told.js';
import type { Fate, WriterPlan } from './world.js';

/** A process that does not end by itself in that time hangs. */
const PATIENCE_MS = 180_000;

/** Nanoseconds of the clock that Python's time.monotonic_ns() reads, too. */
export const nowNs = (): number => Number(process.hrtime.bigint());

/** A process that may be made to stand still by several at once. */
export class Actor {
  readonly child: ResultPromise;
  over = false;
  #holds = 0;

  constructor(child: ResultPromise) {
    this.child = child;
    void child.then(() => (this.over = true));
  }

  hold(): void {
    if (this.#holds++ === 0 && !this.over) this.child.kill('SIGSTOP');
  }

  release(): void {
    if (--this.#holds === 0 && !this.over) this.child.kill('SIGCONT');
  }

  /** Waits, without giving anybody else here a turn, until it stands still. */
  awaitStill(): void {
    while (!this.over) {
      const state = stateOf(this.child.pid!);
      if (state === 'T' || state === 'Z' || state === undefined) return;
    }
  }
}

/** The letter of a process in /proc. */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2];
  } catch {
    return undefined;
  }
}

export interface Writer {
  id: string;
  actor?: Actor;
  killed: boolean;
  /** Ends it; a second time nothing happens. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  told(): Told[];
}

export interface WriterPlace {
  path: string;
  told: string;
  rotation?: [number, number] | undefined;
}

/** A writer in a process of its own; resolves when it is about to write. */
export async function startFileWriter(plan: WriterPlan, place: WriterPlace): Promise<Writer> {
  const settings = {
    path: place.path,
    told: place.told,
    rotation: place.rotation,
    id: plan.id,
    pause_us: plan.pauseUs,
    expired_every: plan.expiredEvery,
    sync_every: plan.syncEvery,
    held: plan.held,
    age: plan.age,
  };
  const child = execa('python3', [join(ROOT, 'test/sim/writer.py'), JSON.stringify(settings)], {
    env: BARE,
    extendEnv: false,
    reject: false,
  });
  const actor = new Actor(child);
  await Promise.race([new Promise((ready) => child.stdout.once('data', ready)), child]);
  const writer: Writer = {
    id: plan.id,
    actor,
    killed: false,
    async stop(signal) {
      if (signal === 'SIGKILL' && !actor.over) writer.killed = true;
      child.kill(signal);
      const { stderr } = await child;
      if (stderr !== '') throw new Error(`writer ${plan.id}: ${stderr}`);
    },
    told: () => readTold(plan.id, place.told),
  };
  return writer;
}

export interface RunResult {
  code: number | undefined;
  /** What ended it, if it did not end itself. */
  signal: string | undefined;
  stdout: string;
  stderr: string;
  hung: boolean;
  from: number;
  to: number;
  ms: number;
}

export interface RunOptions {
  clockDays?: number;
  fate: Fate;
  usualMs: number;
  /** A program that runs papyra. */
  under?: readonly string[] | undefined;
}

/**
 * What makes a process's clock so many days ahead. Not by the program `faketime`: that starts another process and waits
 * for it, and signals would not reach the run.
 */
function clockOf(days: number): Record<string, string> {
  if (days === 0) return {};
  return {
    LD_PRELOAD: '/usr/$LIB/faketime/libfaketime.so.1',
    FAKETIME: `${days > 0 ? '+' : ''}${days}d`,
  };
}

/** The library leaves its shared memory when its process is killed. */
function forgetClock(pid: number): void {
  for (const name of ['faketime_shm_', 'sem.faketime_sem_']) rmSync(`/dev/shm/${name}${pid}`, { force: true }); // prettier-ignore
}

/** A run of papyra with its fate, which comes at a share of the time that a run takes. */
export class PapyraRun {
  readonly actor: Actor;
  readonly done: Promise<RunResult>;

  constructor(args: string[], options: RunOptions) {
    const { clockDays = 0, fate, usualMs, under = [] } = options;
    const [program, ...words] = [...under, process.execPath, PAPYRA, ...args];
    const from = nowNs();
    const child = execa(program!, words, {
      env: { ...BARE, ...clockOf(clockDays) },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      cwd: '/',
      // A group of its own: whatever it started is killed with it.
      detached: true,
    });
    this.actor = new Actor(child);
    const timers: NodeJS.Timeout[] = [];
    let hung = false;
    const later = (ms: number, act: () => void) => timers.push(setTimeout(act, ms));
    later(PATIENCE_MS, () => {
      hung = true;
      process.kill(-child.pid!, 'SIGKILL');
    });
    if (fate.kind === 'killed') later(fate.at * usualMs, () => child.kill('SIGKILL'));
    if (fate.kind === 'signalled') later(fate.at * usualMs, () => child.kill(fate.signal));
    if (fate.kind === 'stopped') {
      later(fate.at * usualMs, () => this.actor.hold());
      later(fate.at * usualMs + fate.ms, () => this.actor.release());
    }
    this.done = child.then((result) => {
      for (const timer of timers) clearTimeout(timer);
      if (clockDays !== 0) forgetClock(child.pid!);
      const to = nowNs();
      const { exitCode: code, signal, stdout, stderr } = result;
      return { code, signal, stdout, stderr, hung, from, to, ms: (to - from) / 1e6 };
    });
  }
}
