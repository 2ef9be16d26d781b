/** The shapes of the names that stand beside a log: those of papyra's own files, and of the files of a rotating set. */

/** The folder beside a log in which papyra keeps metrics and the index. */
export const OWN_FOLDER = '.papyra';

/** `.events.ndjson.papyra.lock`: hidden, and ignored by the runtime, which counts other files as leftovers. */
export function ownName(log: string, suffix: string): string {
  return `${ownPrefix(log)}${suffix}`;
}

/** How the names of all files begin that papyra makes for the file `name`. */
export function ownPrefix(name: string): string {
  return `.${name}.papyra.`;
}

/** `events.ndjson`, `events.ndjson.1`, …: the file with that number in a rotating set; 0 is the active one. */
export function segmentName(active: string, index: number): string {
  return index === 0 ? active : `${active}.${index}`;
}

/** Whether a name is that of a rotated file of the set, whatever its number. */
export function isRotated(active: string, name: string): boolean {
  return name.startsWith(`${active}.`) && /^\d+$/.test(name.slice(active.length + 1));
}
