// Describes this machine, and a container of another one, for the jobs of schedulers.
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { isSea } from 'node:sea';
import { linkChain } from '../../src/files/links.js';
import type { Container } from '../../src/schedule/container.js';
import { LOW_PRIORITY, type Host } from '../../src/schedule/host.js';
import { PapyraError } from '../../src/errors/errors.js';

/** This machine, for cron and systemd; for Kubernetes and Nomad, the image and volume that the flags name. */
export function placeOf(
  logs: string[],
  { image, volume = 'papyra-data' }: { image: string; volume?: string },
): Host & Container {
  return {
    command: isSea() ? [process.execPath] : [process.execPath, resolve(process.argv[1]!)],
    user: userName(),
    politely: Object.entries(LOW_PRIORITY).flatMap(([command, options]) => {
      const program = findProgram(command, ['/usr/bin', '/bin']);
      return program === undefined ? [] : [program, ...options];
    }),
    image,
    volume,
    owner: ownersOf(logs)[0] ?? null,
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user id has no name.
    return String(process.getuid?.());
  }
}

export function findProgram(name: string, directories: string[]): string | undefined {
  return directories.map((directory) => join(directory, name)).find(isThere);
}

function isThere(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A container runs as one user, who must be able to work on all logs. */
export function assertOneOwner(logs: string[]): void {
  const owners = ownersOf(logs);
  if (owners.length < 2 || owners.some(({ uid }) => uid === 0)) return;
  const ids = owners.slice(0, 5).map(({ uid, gid }) => `${uid}:${gid}`);
  throw new PapyraError('usage', `the logs belong to several users (${ids.join(', ')}), and a container runs as one`, {
    hint: 'print a job for the stores of each user, with --store NAME',
  }); // prettier-ignore
}

/** Of the logs that are on this machine, each once, root first. */
function ownersOf(logs: string[]): NonNullable<Container['owner']>[] {
  const owners = new Map(
    logs.flatMap((log) => {
      const stat = statSync(log, { throwIfNoEntry: false });
      return stat ? [[`${stat.uid}:${stat.gid}`, { uid: stat.uid, gid: stat.gid }] as const] : [];
    }),
  );
  return [...owners.values()].sort((one, other) => one.uid - other.uid);
}

/** The path of a log when links are followed. */
export function findLog(log: string): { realLog: string; isLink: boolean } {
  const ways = linkChain(log);
  const isLink = ways.length > 1;
  try {
    return { realLog: realpathSync(log), isLink };
  } catch {
    // The log, or what the link leads to, is not there yet.
    return { realLog: ways.at(-1)!, isLink };
  }
}
