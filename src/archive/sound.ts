// Tells which archives can be restored from, before anything is written: their SHA-256, or else all of their content.
import { canRead } from '../files/archive-codec.js';
import { checkArchive, fileSum } from './check.js';
import { isMissing, pathOf, type Archive } from './catalog.js';
import { gapsIn } from './gaps.js';

export interface Sound {
  sound: Archive[];
  skipped: { file: string; reason: string }[];
  warnings: string[];
}

export async function soundOnes(
  archives: readonly Archive[],
  signal: AbortSignal | undefined,
): Promise<Sound> {
  const found: Sound = { sound: [], skipped: [], warnings: [] };
  for (const archive of archives) {
    const reason = await faultOf(archive, signal);
    if (reason === undefined) found.sound.push(archive);
    else found.skipped.push({ file: archive.name.file, reason });
  }
  for (const { run, named_by } of gapsIn(archives)) {
    found.warnings.push(`the archive of the run ${run} is not there, nor its manifest; ${named_by} names it`); // prettier-ignore
  }
  return found;
}

async function faultOf(
  archive: Archive,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { faults, manifest, name } = archive;
  if (isMissing(archive) || faults.length > 0) return faults.join('; ');
  if (!canRead(name.compression)) return `this Node (${process.version}) cannot read zstd; 22.15 or later can`; // prettier-ignore
  if (!manifest) {
    const { state, notes } = await checkArchive(archive, signal);
    return state === 'no_manifest' ? undefined : notes.join('; ');
  }
  const sum = await fileSum(pathOf(archive), signal);
  return sum === manifest.sha256 ? undefined : 'it was changed: its SHA-256 is another one';
}
