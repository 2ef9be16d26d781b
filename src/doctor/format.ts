// Judges whether the files of a store are logs of the runtime at all.
import { basename } from 'node:path';
import type { LogFile } from '../backends/facts.js';
import { fail, pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { logOf, type Facts } from './facts.js';

type ForeignFile = LogFile & { foreign: NonNullable<LogFile['foreign']> };

/** The files are logs, with times that the runtime and papyra read. */
export const format: Check = (facts) => {
  const log = logOf(facts);
  if (!log || log.files.length === 0) return null;
  const [first, ...others] = foreignFiles(facts);
  if (!first) return pass('it looks like a log of the runtime');
  const { path, foreign } = first;
  const more = others.length === 0 ? '' : `; so do others (${others.map((one) => basename(one.path)).join(', ')})`; // prettier-ignore
  const reason = `${basename(path)} ${foreign.looks}: ${foreign.remedy}${more}`;
  const { kind } = foreign.form;
  if (kind === 'file') return fail(reason, typed('od', '-c', '-N', '64', path));
  if (kind === 'mark') return warn(reason, typed('od', '-c', '-N', '64', path));
  const ageMatters = facts.config.retention.max_age_seconds !== null;
  return (ageMatters ? fail : warn)(reason, typed('head', '-n', '1', path));
};

export function foreignFiles(facts: Facts): ForeignFile[] {
  return (logOf(facts)?.files ?? []).filter((file): file is ForeignFile => file.foreign !== null);
}

/** Lines that cannot be read are then no damage, and nothing that a recovery could mend. */
export function isNoLog(facts: Facts): boolean {
  return foreignFiles(facts).some(({ foreign: { form } }) => ['file', 'mark'].includes(form.kind));
}

/** No clock is wrong then. */
export function hasOtherUnit(facts: Facts): boolean {
  return foreignFiles(facts).some(({ foreign: { form } }) => form.kind === 'unit');
}
