// Defines how the names of papyra's own files beside a log, and of the files of a rotating set, are formed.

/** The folder beside a log in which papyra keeps metrics and the index. */
export const OWN_FOLDER = '.papyra';

/** Such as `.events.ndjson.papyra.lock`: hidden, as the runtime counts other files as leftovers. */
export function ownName(log: string, suffix: string): string {
  return `${ownPrefix(log)}${suffix}`;
}

/** The beginning of the names of all files that papyra makes for the file `name`. */
export function ownPrefix(name: string): string {
  return `.${name}.papyra.`;
}

/** The file with that number in a rotating set: `events.ndjson` (0, the active one), `events.ndjson.1`, … */
export function segmentName(active: string, index: number): string {
  return index === 0 ? active : `${active}.${index}`;
}

/** Whether a name is that of a rotated file of the set. */
export function isRotated(active: string, name: string): boolean {
  return name.startsWith(`${active}.`) && /^\d+$/.test(name.slice(active.length + 1));
}
