import { accessSync, closeSync, constants, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'; // prettier-ignore
import { dirname } from 'node:path';
import { publishFile } from '../files/durable.js';
import { systemError } from '../errors/system-error.js';
import { prometheusText } from './prometheus.js';
import type { MetricsReport } from './report.js';

/** More than the metrics of any store take. */
const MAX_BYTES = 1_000_000;

/**
 * Writes the metrics to where node_exporter's textfile collector finds them. Returns a warning when
 * that could not be done.
 */
export function writeTextfile(path: string, report: MetricsReport): string | undefined {
  try {
    const earlier = earlierText(path);
    if (earlier === undefined) {
      return `the metrics textfile was not written: ${path} is something else; name another file in metrics.textfile, or move it away`;
    }
    publishFile(path, prometheusText(report, earlier));
    return undefined;
  } catch (error) {
    const { message } = systemError(error, 'write', path) as Error;
    return `the metrics textfile was not written: ${message}`;
  }
}

/** Returns a warning when it could not be written: its directory is not there, or not to be written to. */
export function checkTextfile(path: string): string | undefined {
  const directory = dirname(path);
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    if (earlierText(path) !== undefined) return undefined;
    return `the metrics textfile cannot be written: ${path} is something else`;
  } catch (error) {
    const { message } = systemError(error, 'write to the directory', directory) as Error;
    return `the metrics textfile cannot be written: ${message}`;
  }
}

/** Why nobody would find fresh metrics there, however well they can be written. */
export function textfileProblem(path: string, enabled: boolean): string | undefined {
  if (!enabled) return `metrics are disabled: ${path} is not written, and what is in it goes stale`;
  if (path.endsWith('.prom')) return undefined;
  return `node_exporter reads only files that end in .prom: ${path} is passed over`;
}

/** What is there; undefined when that is not ours to replace. */
function earlierText(path: string): string | undefined {
  if (!existsSync(path)) return '';
  // Not to wait for a pipe.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let text: string;
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > MAX_BYTES) return undefined;
    text = readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
  if (text === '') return '';
  const isOurs = text.startsWith('# HELP papyra_') && text.split('\n').every(isLineOfOurs);
  return isOurs ? text : undefined;
}

/** Records may have been appended since: what holds anything else is not replaced. */
function isLineOfOurs(line: string): boolean {
  return line === '' || line.startsWith('# ') || line.startsWith('papyra_');
}
