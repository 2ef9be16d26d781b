import type { Exploration } from './explore.js';

/** Fails with the shortest way to what went wrong, in words. */
export function assertClean(found: Exploration): void {
  if (found.violation !== undefined) {
    throw new Error([`${found.violation}, by these moves:`, ...found.trace].join('\n  '));
  }
  if (!found.complete)
    throw new Error(`more than ${String(found.states)} states: nothing is proven`);
}

/** Fails when all is well in spite of what was left out, or when something else went wrong. */
export function assertViolation(found: Exploration, expected: string): void {
  if (!found.complete)
    throw new Error(`more than ${String(found.states)} states, and no violation`);
  if (found.violation === undefined) {
    throw new Error(
      `no violation in ${String(found.states)} states: nothing needs what is left out`,
    );
  }
  if (!found.violation.includes(expected)) {
    const what = `expected "${expected}", found "${found.violation}", by these moves:`;
    throw new Error([what, ...found.trace].join('\n  '));
  }
}
