// Writes and reads the signature in a lock file: which process holds the lock, on which host, since when.
import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../units/clock.js';
import { errnoOf } from '../errors/system-error.js';

/** A holder signs after it has taken the lock: how long we wait for that, and how often we look. */
const SIGNING_MS = 300;
const LOOK_MS = 10;

const SIGNED = /^pid (\d+) on (\S+) since (\S+)$/m;

export interface Signature {
  text: string;
  pid: number;
  host: string;
  since: string;
}

/** Signs for this process. On a full disk that fails, and the lock works without. */
export function writeSignature(fd: number): void {
  const text = `pid ${process.pid} on ${hostname()} since ${new Date().toISOString()}\n`;
  try {
    ftruncateSync(fd, writeSync(fd, text, 0));
  } catch {
    // The lock counts, not the signature.
  }
}

/** Longer than any signature. */
const SIGNATURE_BYTES = 512;

/** null: nobody has signed. */
export function readSignature(fd: number): Signature | null {
  const content = Buffer.alloc(SIGNATURE_BYTES);
  const read = readSync(fd, content, 0, content.length, 0);
  const signed = SIGNED.exec(content.toString('utf8', 0, read));
  return signed && { text: signed[0], pid: Number(signed[1]), host: signed[2]!, since: signed[3]! };
}

/** The signature of the process that holds the lock; waits a moment while it is that of a process that has ended. */
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
