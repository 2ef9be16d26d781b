import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../units/clock.js';
import { errnoOf } from '../errors/system-error.js';

/** A holder takes the lock first and signs then: how long we give it, and how often we look. */
const SIGNING_MS = 300;
const LOOK_MS = 10;

const SIGNED = /^pid (\d+) on (\S+) since (\S+)$/m;

export interface Signature {
  text: string;
  pid: number;
  host: string;
  since: string;
}

/** Says in the lock file who holds it. Only a courtesy: on a full disk the lock works without. */
export function writeSignature(fd: number): void {
  const text = `pid ${process.pid} on ${hostname()} since ${new Date().toISOString()}\n`;
  try {
    ftruncateSync(fd, writeSync(fd, text, 0));
  } catch {
    // The lock is what counts.
  }
}

/** More than a signature takes. */
const SIGNATURE_BYTES = 512;

/** null: nobody has signed. */
export function readSignature(fd: number): Signature | null {
  const content = Buffer.alloc(SIGNATURE_BYTES);
  const read = readSync(fd, content, 0, content.length, 0);
  const signed = SIGNED.exec(content.toString('utf8', 0, read));
  return signed && { text: signed[0], pid: Number(signed[1]), host: signed[2]!, since: signed[3]! };
}

/** The signature of who holds the lock now; waits a moment while it is of somebody who is gone. */
export async function holderSignature(fd: number): Promise<Signature | null> {
  const deadline = monotonicMs() + SIGNING_MS;
  for (;;) {
    const signature = readSignature(fd);
    const current = signature !== null && (signature.host !== hostname() || isAlive(signature.pid));
    if (current || monotonicMs() >= deadline) return signature;
    await sleep(LOOK_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
