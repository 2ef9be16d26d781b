// Which exit codes the contract allows a command, in the circumstances of a world.
import type { RunPlan, World } from './world.js';

export interface Circumstances {
  world: World;
  /** There are writers, or a second run. */
  busy: boolean;
  /** The disk was full at some time. */
  full: boolean;
  /** The log was moved away at some time. */
  moved: boolean;
  /** Another tool changed the log. */
  intruded: boolean;
  /** `recover` was run. */
  repaired: boolean;
  /** The server was killed and started again. */
  restarted: boolean;
}

const OF_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Codes of findings. */
const FINDINGS: Record<RunPlan['command'], number[]> = {
  compact: [65],
  'dry-run': [65],
  free: [65],
  watch: [],
  scan: [2],
  recover: [3, 65],
  doctor: [1],
  inspect: [],
};

/** Whether the head of a file can surely be removed there. */
export const collapses = ({ place }: World): boolean => ['ext4', 'ext4-1k', 'xfs'].includes(place);

export function allowed(plan: RunPlan, code: number | undefined, so: Circumstances): boolean {
  const { world } = so;
  const codes = new Set([0, ...FINDINGS[plan.command]]);
  // A service that is told to end has done what it was for.
  if (plan.fate.kind === 'signalled' && plan.command !== 'watch')
    codes.add(OF_SIGNALS[plan.fate.signal]);
  if (so.busy || so.intruded) codes.add(75);
  if (so.full) codes.add(74);
  if (so.moved) codes.add(66);
  if (world.inPlace && !collapses(world)) codes.add(74);
  if (so.restarted) codes.add(69).add(75);
  return codes.has(code ?? -1);
}
