// Descriptors of a test, which are closed after it.
import { closeSync, openSync } from 'node:fs';
import { afterEach } from 'vitest';

const opened = new Set<number>();

afterEach(() => {
  for (const fd of opened) closeSync(fd);
  opened.clear();
});

export function closeLater(fd: number): number {
  opened.add(fd);
  return fd;
}

export const openForTest = (path: string, flags: string | number = 'r'): number => closeLater(openSync(path, flags)); // prettier-ignore

/** Closes one before the test has ended. */
export function closeNow(fd: number): void {
  opened.delete(fd);
  closeSync(fd);
}
