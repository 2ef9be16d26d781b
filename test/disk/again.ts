// Makes one power failure of a recording again, to the bit.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { partsOf } from './disk.js';
import { readHistory } from './history.js';
import { cutsOf, cutPower } from './power-cut.js';
import type { Recording } from './session.js';

/** Returns how many faults there are. */
export async function againFrom(directory: string, number: number): Promise<number> {
  const text = readFileSync(join(directory, 'session.json'), 'utf8');
  const requests = readHistory(partsOf(directory).history);
  const recording: Recording = { ...(JSON.parse(text) as Recording), directory, requests };
  const cut = cutsOf(recording, number + 1).at(-1)!;
  const faults = await cutPower(recording, cut, recording.seed + number);
  console.log(JSON.stringify({ cut, faults }));
  return faults.length;
}
