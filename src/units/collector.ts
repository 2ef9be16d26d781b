// Keeps garbage small where V8 by itself would leave more uncollected than papyra may take.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** To be told of bytes that have passed; at every `step` of them garbage is collected, which takes some 3 ms. */
export function collectorEvery(step: number): (bytes: number) => void {
  let unseen = 0;
  return (bytes) => {
    unseen += bytes;
    if (unseen < step) return;
    unseen = 0;
    collectGarbage();
  };
}

/** Collects garbage now: some milliseconds, with the little that papyra keeps. */
export function collectGarbage(): void {
  collect ??= findCollector();
  collect();
}

/**
 * From now on V8 does not enlarge the part of its heap for what is new. In a life of many small works it would grow to
 * 32 MiB and stay so. Returns how to let it grow again.
 */
export function holdNewSpace(): () => void {
  setFlagsFromString('--semi-space-growth-factor=1');
  return () => setFlagsFromString('--semi-space-growth-factor=2');
}

function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const found = runInNewContext('globalThis.gc') as (() => void) | undefined;
  return found ?? (() => undefined);
}
