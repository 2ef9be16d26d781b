// Words the logs that were found as comments of a starter.
import { printable } from '../text/printable.js';

/** A log, as a suggestion for `persistence.path`. */
export interface SuggestedLog {
  path: string;
  backend: string;
  files: number;
  bytes: number;
  changed: Date;
}

/** Lines of a comment; none when nothing was found. */
export function suggestionLines(
  directory: string,
  logs: readonly SuggestedLog[],
  isCut: boolean,
): string[] {
  if (logs.length === 0) return [];
  const each = logs.map(({ path, backend, files, bytes, changed }) => {
    const what = backend === 'rotating' ? `rotating, max_files: at least ${files}` : backend;
    return `#   ${printable(JSON.stringify(path))} (${what}; ${bytes} bytes, last written ${changed.toISOString().slice(0, 10)})`; // prettier-ignore
  });
  const cut = isCut ? ['# (There may be more: the search ended at its bounds.)'] : [];
  return [
    '#',
    `# Logs below ${printable(directory)} that look like those of the runtime:`,
    ...each,
    ...cut,
  ];
}
