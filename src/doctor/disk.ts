// Checks the disks: whether there is room, and whether a rewrite, a removal in place and an archive are possible.
import type { LogFacts } from '../backends/facts.js';
import { formatBytes } from '../output/text.js';
import { fail, pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { logOf, trialOf, type Facts } from './facts.js';

/** The next rewrite has room beside the log. */
export const freeSpace: Check = (facts) => {
  const log = logOf(facts);
  if (!log || log.files.length === 0) return null;
  const { free, path } = log.directory;
  const most = Math.max(...log.files.map(({ size }) => size));
  const likely = likelyRewrite(facts, log);
  const there = `${formatBytes(free)} are free in ${path}`;
  if (free >= most) return pass(`${formatBytes(free)} are free, a rewrite needs ${formatBytes(most)} at most`); // prettier-ignore
  const next = log.obstacles.inPlace
    ? typed('df', '-h', path)
    : facts.papyra('persistence compact', '--in-place');
  return free < likely
    ? fail(`${there}, and the next rewrite needs ${formatBytes(likely)}`, next)
    : warn(`${there}, and a rewrite that drops little would need ${formatBytes(most)}`, next);
};

/** The largest size that a rewritten file of the dry run, or else a file of the last run, has afterwards. */
function likelyRewrite(facts: Facts, { files }: LogFacts): number {
  const trial = trialOf(facts);
  const parts = (trial ?? facts.metrics?.last_compaction)?.parts ?? [];
  const rewritten = parts.filter(({ action }) => !trial || action === 'rewritten');
  const sizes = rewritten.map(({ bytes_after }) => bytes_after ?? 0);
  return Math.min(Math.max(0, ...sizes), Math.max(...files.map(({ size }) => size)));
}

/** The file system lets a log be replaced while a runtime writes to it. */
export const fileSystem: Check = (facts) => {
  const log = logOf(facts);
  if (!log) return null;
  const { rewrite } = log.obstacles;
  if (!rewrite) return pass('it lets a log be replaced that is written to');
  return fail(`${rewrite.message}; ${rewrite.hint ?? ''}`, facts.papyra('persistence compact', '--dry-run')); // prettier-ignore
};

/** A full disk can be helped in place, which needs no space. */
export const inPlace: Check = (facts) => {
  const log = logOf(facts);
  if (!log) return null;
  const obstacle = log.obstacles.inPlace;
  if (!obstacle) return pass('works here, should the disk be full one day');
  if (obstacle.code === 'config_invalid') return warn(obstacle.message, obstacle.hint!);
  return warn(`${obstacle.message}: when the disk is full, only freeing space elsewhere helps`, typed('df', '-hT', log.directory.path)); // prettier-ignore
};

/** The archive is there, can be written and has room. */
export const archive: Check = (facts) => {
  const { archive: place, archiveFailure } = facts.config;
  if (!place || !facts.store) return null;
  const { path, kind, free } = place;
  const look = typed('ls', '-ld', path);
  if (kind === 'missing') return fail(`the archive ${path} is not there: no run drops anything`, typed('mkdir', '-p', path)); // prettier-ignore
  if (kind !== 'directory') return fail(`the archive ${path} is not a directory that can be looked into`, look); // prettier-ignore
  if (!place.writable) return fail(`this user may make no files in the archive ${path}`, look);
  if (archiveFailure) return fail(`${archiveFailure.message}; ${archiveFailure.hint ?? ''}`, typed('ls', '-la', path)); // prettier-ignore
  const goes = (trialOf(facts) ?? facts.metrics?.last_compaction)?.bytes.reclaimed ?? 0;
  if (free < goes) {
    return warn(`${formatBytes(free)} are free in the archive ${path}, and ${formatBytes(goes)} may be written there by the next run, before compression`, typed('df', '-h', path)); // prettier-ignore
  }
  return pass(`${formatBytes(free)} are free there`);
};
