import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const made: string[] = [];

afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone after the test. */
export function tempDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'papyra-test-')));
  made.push(directory);
  return directory;
}

/** A log in a directory of its own. */
export function tempLog(content: string | Uint8Array, name = 'events.ndjson'): string {
  const file = join(tempDirectory(), name);
  writeFileSync(file, content);
  return file;
}
