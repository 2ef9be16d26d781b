// Records one session after the other, each from its own seed, and fails the power in each many times.
import type { FileSystem } from './disk.js';
import { cutPower, cutsOf } from './power-cut.js';
import { forget, recordSession, type Recording } from './session.js';

export interface DiskSweep {
  seed: number;
  sessions: number;
  until: number;
  /** Power failures of one session. */
  cuts: number;
  /** Only this file system; else each session has one of its own. */
  system?: FileSystem | undefined;
}

export interface DiskTotal {
  seeds: [number, number];
  sessions: number;
  records: number;
  runs: number;
  requests: number;
  powerCuts: number;
  failed: string[];
}

export async function sweepDisks({
  seed,
  sessions,
  until,
  cuts,
  system,
}: DiskSweep): Promise<DiskTotal> {
  const total: DiskTotal = { seeds: [seed, seed], sessions: 0, records: 0, runs: 0, requests: 0, powerCuts: 0, failed: [] }; // prettier-ignore
  for (let at = 0; at < sessions && Date.now() < until; at++) {
    const recording = await recordSession(seed + at, { system });
    const failed = await cutMany(recording, cuts, total);
    total.seeds[1] = seed + at;
    total.sessions += 1;
    total.records += recording.told.length;
    total.runs += recording.runs.length;
    total.requests += recording.requests.length;
    total.failed.push(...failed);
    // A recording in which something was lost stays: each of its power failures can be made again to the bit.
    if (failed.length === 0) forget(recording);
  }
  return total;
}

async function cutMany(recording: Recording, cuts: number, total: DiskTotal): Promise<string[]> {
  const { seed, system, directory } = recording;
  const failed: string[] = [];
  for (const [number, cut] of cutsOf(recording, cuts).entries()) {
    const faults = await cutPower(recording, cut, seed + number);
    total.powerCuts += 1;
    if (faults.length === 0) continue;
    const what = `${system.name}, session ${seed}, cut ${number} ${JSON.stringify(cut)}`;
    console.log(
      `${what}:\n${faults.map((fault) => `  ${fault}`).join('\n')}\n  recorded in ${directory}`,
    );
    failed.push(what);
  }
  return failed;
}
