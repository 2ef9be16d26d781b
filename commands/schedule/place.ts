// Describes this machine, and a container of another one, for the jobs of schedulers.
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { isSea } from 'node:sea';
import { linkChain } from '../../src/files/links.js';
import type { Container } from '../../src/schedule/container.js';
import { LOW_PRIORITY, type Host } from '../../src/schedule/host.js';
import type { Job } from '../../src/schedule/job.js';

/** This machine, for cron and systemd; for Kubernetes and Nomad, the image and volume that the flags name. */
export function placeOf(
  job: Job,
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
    owner: job.log === null ? null : ownerOf(job.log),
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

function ownerOf(log: string): Container['owner'] {
  const stat = statSync(log, { throwIfNoEntry: false });
  return stat ? { uid: stat.uid, gid: stat.gid } : null;
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
