// Makes the store of a scene, and records the run that is tried on it.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ARCHIVE, QUARANTINE } from './checks.js';
import type { Scene } from './explore.js';
import { record, type Recording, type RecordOptions } from './recorder.js';

export interface PlacedScene extends Scene {
  /** The file system that it needs. */
  on: 'memory' | 'ext4' | 'xfs';
  /** Each state takes megabytes and half a second: so many are drawn of all. */
  most?: number;
}

/** A directory with these files, and those for archives and quarantine. */
export function make(root: string, files: Readonly<Record<string, string>>): void {
  rmSync(root, { recursive: true, force: true });
  for (const name of ['', 'data', ARCHIVE, QUARANTINE]) mkdirSync(join(root, name));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(root, name), content, 'latin1');
    chmodSync(join(root, name), 0o640);
  }
}

/** Records a run that must succeed. */
export async function recorded(
  root: string,
  args: string[],
  options?: RecordOptions,
): Promise<Recording> {
  const recording = await record(root, args, options);
  const { code, stderr } = recording.run;
  if (code !== 0) throw new Error(`the recorded run ended with ${code}: ${stderr}`);
  return recording;
}
