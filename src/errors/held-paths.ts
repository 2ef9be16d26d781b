// Shows paths through a directory that papyra holds open (files/directory.ts) under the name it had when it was opened.
const held = new Map<number, string>();

/** Remembers what to show for `/proc/self/fd/FD`, until the number is used for another directory. */
export function rememberHeld(fd: number, path: string): void {
  held.set(fd, path);
}

/** Replaces such paths in a text for the operator. */
export function withShownPaths(text: string): string {
  if (!text.includes('/proc/self/fd/')) return text;
  return text.replace(/\/proc\/self\/fd\/(\d+)/g, (path, fd: string) => {
    return held.get(Number(fd)) ?? path;
  });
}
