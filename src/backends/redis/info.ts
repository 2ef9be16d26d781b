// Asks a server for facts that it may withhold, and reads the values of INFO.
import { isUnavailable } from './failure.js';
import { mastersOf } from './nodes.js';
import type { Session } from './session.js';

/** null: the user may not ask, or the server does not know the command. Providers forbid some of them. */
export async function ifAvailable<T>(asking: Promise<T>): Promise<T | null> {
  return asking.catch((error: unknown) => {
    if (isUnavailable(error)) return null;
    throw error;
  });
}

/** One value of INFO; null when it is missing, or INFO was not available. */
export function infoField(info: string | null, name: string): string | null {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info ?? '')?.[1] ?? null;
}

/** What INFO says of the memory of a master; null: nobody may ask, or it has failed over meanwhile. */
export async function memoryInfo(session: Session, node: string): Promise<string | null> {
  return session.run(node, async (client) => {
    // The client of a cluster would ask any node.
    const asked = mastersOf(client).get(node)?.info('memory');
    return asked ? ifAvailable(asked) : null;
  });
}
