// Checks that the name papyra leads to this program: the runtime's own command has the same name.
import { pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';

/** Whoever types papyra gets this one. With one command of that name there is nothing to say. */
export const command: Check = ({ commands }) => {
  const [first, ...others] = commands;
  if (!first || (first.isOurs && others.length === 0)) return null;
  const what = (isPython: boolean) => (isPython ? "the runtime's own command" : 'another program');
  if (first.isOurs) {
    const { path, isPython } = others[0]!;
    return pass(`papyra is ${first.path}; ${path} (${what(isPython)}) comes later on the PATH`);
  }
  const ours = others.find(({ isOurs }) => isOurs);
  return warn(`papyra on the PATH is ${first.path}, ${what(first.isPython)}; for this one type papyra-ops${ours ? ` or ${ours.path}` : ''}`, typed('type', '-a', 'papyra', 'papyra-ops')); // prettier-ignore
};
