import { readFileSync } from 'node:fs';

/** A line of /proc/self/mountinfo. */
export interface Mount {
  id: string;
  /** `8:1`: the device number that the kernel has for the file system. */
  device: string;
  /** Where it is mounted, as it stands there: blanks are escaped. */
  point: string;
}

/** What is mounted; nothing where there is no /proc. */
export function mounts(): Mount[] {
  let table: string;
  try {
    table = readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return [];
  }
  return table.split('\n').map((line) => {
    const [id = '', , device = '', , point = ''] = line.split(' ');
    return { id, device, point };
  });
}
