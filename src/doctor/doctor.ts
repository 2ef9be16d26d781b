// Runs all checks of doctor and makes its report.
import type { Check } from './check.js';
import { hooks, metrics, secrets, textfile } from './config.js';
import { archive, fileSystem, freeSpace, inPlace } from './disk.js';
import type { Facts } from './facts.js';
import { guards } from './guards.js';
import { followers } from './followers.js';
import { forecast } from './forecast.js';
import { format } from './format.js';
import { gatherFacts, type DoctorTarget } from './gather.js';
import { clock } from './clock.js';
import { command } from './command.js';
import { leftovers, lock, rights, writers } from './log-files.js';
import { pinned, readable } from './log-lines.js';
import { nextRun, retention } from './policy.js';
import { durability, eviction, groups, memory } from './redis.js';
import type { DoctorReport } from './report.js';
import { rotation } from './rotation.js';
import { errors, growth, lastCompaction, nothingFreed } from './runs.js';
import { settings } from './settings.js';
import { store } from './store.js';

/** The checks, in the order in which they are shown. */
const CHECKS: Record<string, Check> = {
  store,
  retention,
  metrics,
  textfile,
  hooks,
  secrets,
  settings,
  command,
  last_compaction: lastCompaction,
  errors,
  growth,
  forecast,
  nothing_freed: nothingFreed,
  guards,
  next_run: nextRun,
  rights,
  lock,
  writers,
  followers,
  leftovers,
  format,
  readable,
  pinned,
  rotation,
  free_space: freeSpace,
  file_system: fileSystem,
  in_place: inPlace,
  archive,
  eviction,
  memory,
  durability,
  groups,
  clock,
};

export async function examine(patient: DoctorTarget): Promise<DoctorReport> {
  const { name, target } = patient.backend;
  return runChecks(await gatherFacts(patient), { backend: name, target });
}

/** Does no I/O. */
export function runChecks(
  facts: Facts,
  of: Pick<DoctorReport, 'backend' | 'target'>,
): DoctorReport {
  const checks = Object.entries(CHECKS).flatMap(([name, check]) => {
    const finding = check(facts);
    return finding ? [{ name, ...finding }] : [];
  });
  const has = (status: string) => checks.some((check) => check.status === status);
  return {
    schema: 'papyra.doctor/v1',
    ...of,
    status: has('fail') ? 'failing' : has('warn') ? 'warnings' : 'healthy',
    checks,
  };
}
