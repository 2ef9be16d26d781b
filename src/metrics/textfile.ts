// Writes the metrics to a file for node_exporter's textfile collector.
// It publishes a whole new file by a rename (publishFile), so that the collector never reads half of one.
import { accessSync, closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'; // prettier-ignore
import { dirname } from 'node:path';
import { publishFile } from '../files/durable.js';
import { systemError } from '../errors/system-error.js';
import { prometheusText, type StoreMetrics } from './prometheus.js';

/** The metrics of a store are smaller; a larger file is not ours. */
const MAX_BYTES = 1_000_000;
/** The same for each of many stores. */
const STORE_BYTES = 20_000;

/**
 * Writes the metrics of the stores that were compacted. What the file says of the other stores with `labels` stays.
 * Returns a warning when the file could not be written.
 */
export function writeTextfile(
  path: string,
  reports: readonly StoreMetrics[],
  labels: readonly string[] = [],
): string | undefined {
  try {
    const earlier = earlierText(path, labels.length);
    if (earlier === undefined) {
      return `the metrics textfile was not written: ${path} is something else; name another file in metrics.textfile, or move it away`;
    }
    publishFile(path, prometheusText(reports, earlier, labels));
    return undefined;
  } catch (error) {
    const { message } = systemError(error, 'write', path) as Error;
    return `the metrics textfile was not written: ${message}`;
  }
}

/** Returns a warning when the file could not be written, without writing it. */
export function checkTextfile(path: string, stores = 0): string | undefined {
  const directory = dirname(path);
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    if (earlierText(path, stores) !== undefined) return undefined;
    return `the metrics textfile cannot be written: ${path} is something else`;
  } catch (error) {
    const { message } = systemError(error, 'write to the directory', directory) as Error;
    return `the metrics textfile cannot be written: ${message}`;
  }
}

/** Why the collector would find no fresh metrics there, even if the file can be written. */
export function textfileProblem(path: string, enabled: boolean): string | undefined {
  if (!enabled) return `metrics are disabled: ${path} is not written, and what is in it goes stale`;
  if (path.endsWith('.prom')) return undefined;
  return `node_exporter reads only files that end in .prom: ${path} is passed over`;
}

/** The text of the file; undefined when papyra did not write it, and so must not replace it. */
function earlierText(path: string, stores: number): string | undefined {
  if (!existsSync(path)) return '';
  // O_NONBLOCK: opening a pipe would wait for its writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let text: string;
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > MAX_BYTES + stores * STORE_BYTES) return undefined;
    text = readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
  if (text === '') return '';
  const isOurs = text.startsWith('# HELP papyra_') && !OTHER_LINE.test(text);
  return isOurs ? text : undefined;
}

/** Every line is checked: somebody may have appended records to the file, which then must not be replaced. */
const OTHER_LINE = /^(?!# |papyra_)[^\n]/m;
