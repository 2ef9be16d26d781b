/**
 * How paths are shown that lead through a directory which papyra holds open (files/directory.ts): as the
 * directory was called when it was opened.
 */
const held = new Map<number, string>();

/** Remembers what to call `/proc/self/fd/FD`; until that number is another directory's. */
export function rememberHeld(fd: number, path: string): void {
  held.set(fd, path);
}

/** A text in which such paths may be, in words for the operator. */
export function withShownPaths(text: string): string {
  if (!text.includes('/proc/self/fd/')) return text;
  return text.replace(/\/proc\/self\/fd\/(\d+)/g, (path, fd: string) => {
    return held.get(Number(fd)) ?? path;
  });
}
