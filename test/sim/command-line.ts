// What is typed for a run of papyra in a world.
import { join } from 'node:path';
import type { FileStage, Stage } from './stage.js';
import type { RunPlan, World } from './world.js';

export const archiveOf = ({ outside }: FileStage): string => join(outside, 'archive');

export function argsOf(
  { command, flags }: RunPlan,
  world: World,
  { stage, files }: { stage: Stage; files: FileStage | undefined },
): string[] {
  const compact = ['persistence', 'compact', '--json', ...stage.flags];
  switch (command) {
    case 'compact':
      return [...compact, ...limitsOf(world), ...wayOf(world, files), ...flags];
    case 'dry-run':
      return [...compact, '--dry-run', ...limitsOf(world), ...wayOf(world, files)];
    case 'free':
      return [...compact, ...flags];
    case 'watch':
      return ['watch', '--every', '1s', ...stage.flags, ...limitsOf(world), ...flags];
    case 'doctor':
      return ['doctor', '--json', ...stage.flags];
    case 'inspect':
      return ['inspect', 'events', '--limit', '5', ...stage.flags];
    default:
      return ['persistence', command, '--json', ...stage.flags];
  }
}

function limitsOf({ policy }: World): string[] {
  const limits: string[] = [];
  if (policy.maxAgeDays) limits.push('--max-age', `${policy.maxAgeDays}d`);
  if (policy.maxRecords) limits.push('--max-records', `${policy.maxRecords}`);
  if (policy.maxTotalBytes) limits.push('--max-total-bytes', `${policy.maxTotalBytes}`);
  return limits;
}

function wayOf({ inPlace, archive, offline }: World, files: FileStage | undefined): string[] {
  const way: string[] = [];
  if (inPlace) way.push('--in-place');
  if (offline) way.push('--offline');
  if (archive && files) way.push('--archive', archiveOf(files));
  return way;
}
