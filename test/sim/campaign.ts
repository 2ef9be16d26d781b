// Plays worlds and fails the power in turns until the time is over, and may write down in the ledger what was tried.
import { FILE_SYSTEMS } from '../disk/disk.js';
import { sweepDisks } from '../disk/sweep.js';
import { isRoot } from '../support/papyra.js';
import { addToLedger, type Entry } from '../ledger.js';
import { sweep } from './sweep.js';

export interface Campaign {
  seed: number;
  until: number;
  ledger: boolean;
}

const WORLDS = 20;
const CUTS = 25;

/** Returns how many worlds and power failures went wrong. */
export async function campaign({ seed, until, ledger }: Campaign): Promise<number> {
  console.log(`seed ${seed}`);
  const date = new Date().toISOString().slice(0, 10);
  const worlds: Entry = { date, what: 'worlds', seeds: [seed, seed], hours: 0, tried: {}, failed: 0 }; // prettier-ignore
  const disks = FILE_SYSTEMS.map(({ name }): Entry => ({ ...worlds, what: `power failures, ${name}`, seeds: [seed, seed], tried: {} })); // prettier-ignore
  const all = [worlds, ...disks];
  try {
    for (let round = 0; Date.now() < until; round++) {
      const began = Date.now();
      const { codes, places, ...played } = await sweep({ seed: seed + round * WORLDS, worlds: WORLDS, until, shrinks: true }); // prettier-ignore
      add(worlds, played, began);
      console.log(`${JSON.stringify(worlds)} ${JSON.stringify({ codes, places })}`);
      // Only root can make a disk.
      const between = Date.now();
      if (!isRoot || between >= until) continue;
      const at = round % disks.length;
      const cut = await sweepDisks({ seed: seed + round, sessions: 1, cuts: CUTS, until, system: FILE_SYSTEMS[at] }); // prettier-ignore
      add(disks[at]!, { ...cut }, between);
      console.log(JSON.stringify(disks[at]));
    }
  } finally {
    // Also what was tried before the harness itself failed.
    if (ledger) for (const entry of all) await addToLedger(entry);
  }
  return all.reduce((sum, entry) => sum + entry.failed, 0);
}

type Tried = Record<string, unknown> & { seeds: [number, number]; failed: unknown[] };

function add(entry: Entry, { seeds, failed, ...numbers }: Tried, began: number): void {
  entry.seeds[1] = seeds[1];
  entry.failed += failed.length;
  entry.hours = Math.round((entry.hours + (Date.now() - began) / 3_600_000) * 1000) / 1000;
  for (const [what, number] of Object.entries(numbers)) entry.tried[what] = (entry.tried[what] ?? 0) + Number(number); // prettier-ignore
}
