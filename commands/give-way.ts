// Lowers the priority of this process.
import { constants, setPriority } from 'node:os';

/** Without it papyra would push a local Redis off its core in the middle of a command. Hooks inherit it. */
export function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Some sandboxes forbid it; then the priority stays.
  }
}
