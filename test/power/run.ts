// Runs scenes for the tests of this folder: on which file system, how much of them, and what is printed.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll } from 'vitest';
import { disk } from '../support/mounts.js';
import { isRoot } from '../support/papyra.js';
import type { Result } from './explore.js';
import { Pool, Runner } from './pool.js';
import type { Recording } from './recorder.js';
import type { PlacedScene } from './placed.js';

export const soak = process.env['PAPYRA_SOAK'] === '1';

/** In memory a sync costs nothing. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** One process with the library for all tests of a file. */
export function withRunner(): () => Runner {
  let runner: Runner | undefined;
  beforeAll(async () => {
    runner = await Runner.start();
  });
  afterAll(() => runner?.stop());
  return () => runner!;
}

/** A directory of the file system that a scene needs. */
export function placeOf({ on, most }: PlacedScene): string {
  if (on === 'memory') return MEMORY;
  const megabytes = most === undefined ? undefined : 512;
  // Blocks of 4096 bytes, as the pages of the kernel.
  return on === 'ext4' ? disk('ext4', ['-b', '4096'], megabytes) : disk('xfs', [], megabytes);
}

/** Records a scene there, and does something with it. */
export async function withRecording(
  scene: PlacedScene,
  place: string,
  runner: Runner,
  use: (recording: Recording, pool: Pool) => Promise<void>,
): Promise<void> {
  const pool = new Pool(place, runner);
  try {
    await use(await scene.record(pool.root), pool);
  } finally {
    pool.close();
  }
}

/** Only root may mount what a scene needs. */
export function canRun({ on }: PlacedScene): boolean {
  return on === 'memory' || isRoot;
}

/** One row for each scene and mode, then the same as one line of JSON. */
export function report(results: readonly Result[]): string {
  const rows = results.map(({ scene, mode, operations, states, asProcess, isExhaustive, losses }) => [scene, mode, operations, isExhaustive ? `${states}, all` : states, asProcess, losses.length].map(String)); // prettier-ignore
  const head = ['protocol', 'mode', 'calls', 'states', 'as process', 'lost'];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length))); // prettier-ignore
  const lines = [head, ...rows].map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)).join('  ').trimEnd()); // prettier-ignore
  const all = results.reduce((sum, { states }) => sum + states, 0);
  const told = results.map(({ losses, ...rest }) => ({ ...rest, lost: losses.length }));
  return [...lines, `${all} states`, JSON.stringify(told)].join('\n');
}
