// Part of the counted build: writes down which counters a process has reached, when it ends.
// Processes that reach the same share a file. One that is killed writes nothing.
/* global COVERAGE_FOLDER */
import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, threadId } from 'node:worker_threads';

const bits = (counters) => counters.map((count) => (count > 0 ? 1 : 0)).join('');

export function dump(folder) {
  const files = Object.values(globalThis.__papyra_coverage__ ?? {});
  const reached = files.map(({ path, b, f }) => [path, bits(Object.values(b).flat()), bits(Object.values(f))]); // prettier-ignore
  const text = JSON.stringify(reached);
  try {
    const file = join(folder, `${createHash('sha1').update(text).digest('hex')}.json`);
    if (existsSync(file)) return;
    // Whole or not at all: it may be killed meanwhile, and another process may do the same.
    const temp = `${file}.${process.pid}.${threadId}`;
    writeFileSync(temp, text);
    renameSync(temp, file);
  } catch {
    // It may be in a root of its own, or may write nowhere.
  }
}

if (typeof COVERAGE_FOLDER === 'string') {
  const dumpHere = () => dump(COVERAGE_FOLDER);
  process.on('exit', dumpHere);
  if (isMainThread) {
    // papyra takes away all listeners before it ends for an error of its own.
    const { reallyExit } = process;
    process.reallyExit = (code) => {
      dumpHere();
      reallyExit.call(process, code);
    };
  } else {
    // The second thread of a scan is ended from outside.
    const post = parentPort.postMessage.bind(parentPort);
    parentPort.postMessage = (message) => {
      post(message);
      dumpHere();
    };
  }
}
