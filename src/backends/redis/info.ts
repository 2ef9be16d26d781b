import { isUnavailable } from './failure.js';

/** What this user may not ask, or the server does not know: it is for a provider to hide some of it. */
export async function ifAvailable<T>(asking: Promise<T>): Promise<T | null> {
  return asking.catch((error: unknown) => {
    if (isUnavailable(error)) return null;
    throw error;
  });
}

/** One value of what INFO says; null where it does not, or could not be asked. */
export function infoField(info: string | null, name: string): string | null {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info ?? '')?.[1] ?? null;
}
