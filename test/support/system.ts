// The library, for what a test does with it.
import { openSystem, type OpenOptions, type System } from '../../src/index.js';

/** Opens a system, and closes it after `use` has ended or failed. */
export async function withSystem<T>(
  options: OpenOptions,
  use: (system: System) => Promise<T>,
): Promise<T> {
  const system = await openSystem(options);
  try {
    return await use(system);
  } finally {
    await system.close();
  }
}
