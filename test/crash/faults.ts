import { expect } from 'vitest';
import { papyra } from '../support/papyra.js';
import { injectAt, record, where, type Point } from './strace.js';

/** A store that is made anew for each fault, and what must hold of it. */
export interface Store {
  directory: string;
  args: string[];
  /** The next run, where it is another command; it must end like a run that finished. */
  again?: string[];
  reset: () => void;
  /** Files of papyra that should not outlive a run and the one after it. */
  leftovers: () => string[];
  /** Holds at any time: what must stay is there once, whole, in order. */
  expectNothingLost: (at: string) => void;
  /** Holds after a run that finished. */
  expectCompacted: (at: string) => void;
  /** What else must hold after a run that was killed. */
  afterKill?: (at: string) => void;
  /** The same for one that failed. */
  afterFailure?: (at: string, code: number) => void;
}

/** Kills a run at each system call that changes storage, or at those of some kinds, and runs again. */
export async function killEverywhere(
  what: string,
  store: Store,
  calls?: readonly string[],
): Promise<void> {
  const { points: all, paths } = await recordRun(store);
  const points = all.filter(({ call }) => calls?.includes(call) ?? true);
  let killed = 0;
  for (const point of points) {
    if (await killAt(point, paths, store)) killed += 1;
    const at = where(point);
    store.expectNothingLost(at);
    store.afterKill?.(at);
    await runAgain(store, at);
  }
  console.log(`${what}: ${points.length} kill points, ${killed} killed, 0 lost, 0 left over`);
  expect(killed).toBe(points.length);
}

/** Paths through descriptors have numbers that may differ from those of the recorded run: then it is tried again. */
async function killAt(point: Point, paths: string[], { args, reset }: Store): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    reset();
    const { code } = await injectAt(point, 'signal=SIGKILL', paths, args);
    if (code === 137) return true;
  }
  return false;
}

/** Makes every `step`th system call that changes storage fail, or those of `calls`, and runs again. */
export async function failEverywhere(
  what: string,
  errno: string,
  step: number,
  store: Store,
  { calls, allowed = [0, 74] }: { calls?: readonly string[]; allowed?: readonly number[] } = {},
): Promise<void> {
  const { args, reset } = store;
  const { points, paths } = await recordRun(store, calls);
  const codes: Record<number, number> = {};
  for (const point of points.filter((_, index) => index % step === 0)) {
    reset();
    const at = where(point);
    const { code, stderr } = await injectAt(point, `error=${errno}`, paths, args);
    codes[code] = (codes[code] ?? 0) + 1;
    expect({ at, code, stderr }).toMatchObject({
      code: expect.toSatisfy((seen: number) => allowed.includes(seen)) as number,
      stderr: expect.not.stringMatching(/^\s+at |bug in papyra/m) as string,
    });
    store.expectNothingLost(at);
    store.afterFailure?.(at, code);
    await runAgain(store, at);
  }
  console.log(`${what}, ${errno}: exit codes ${JSON.stringify(codes)}`);
}

async function recordRun(
  { directory, args, reset, expectCompacted }: Store,
  calls?: readonly string[],
) {
  reset();
  const { run, ...trace } = await record(directory, args, calls);
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
  expectCompacted('no fault');
  return trace;
}

async function runAgain(
  { args, again = args, leftovers, expectCompacted }: Store,
  at: string,
): Promise<void> {
  const { code } = await papyra(again);
  expect({ at, code, left: leftovers() }).toEqual({ at, code: 0, left: [] });
  expectCompacted(at);
}
