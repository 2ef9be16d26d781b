// Checks the Redis servers of a store, and the consumer groups of its streams.
import type { RedisServer, RedisStream } from '../backends/facts.js';
import { cut, formatBytes, formatShare } from '../output/text.js';
import { ageInWords } from '../units/units.js';
import { fail, pass, warn, type Check } from './check.js';
import { typed } from './command-line.js';
import { streamsOf, trialOf, type Facts } from './facts.js';
import type { Finding } from './report.js';

/** The worst finding of all servers; null: no server tells what the check needs to know. */
function worst(
  facts: Facts,
  judge: (server: RedisServer, cli: (...words: string[]) => string) => Finding | null,
): Finding | null {
  const servers = streamsOf(facts)?.servers ?? [];
  const findings = servers.flatMap(
    (server) => judge(server, (...words) => typed('redis-cli', ...server.cli, ...words)) ?? [],
  );
  return first(findings, 'fail') ?? first(findings, 'warn') ?? findings[0] ?? null;
}

function first(findings: readonly Finding[], status: Finding['status']): Finding | undefined {
  return findings.find((finding) => finding.status === status);
}

/** Redis evicts no streams: only retention removes records. */
export const eviction: Check = (facts) =>
  worst(facts, ({ evictionPolicy: policy }, cli) => {
    if (policy === null) return null;
    if (!policy.startsWith('allkeys-')) return pass(policy);
    return fail(
      `maxmemory-policy is ${policy}: when memory is short, Redis deletes whole streams`,
      cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'),
    );
  });

const NEARLY = { warn: 0.9, fail: 0.98 };

/** There is memory for new records. */
export const memory: Check = (facts) =>
  worst(facts, ({ maxMemory, usedMemory: used }, cli) => {
    if (maxMemory === null || used === null) return null;
    if (maxMemory === 0) return pass(`${formatBytes(used)} used, and no limit`);
    const share = `${formatShare(used, maxMemory)} of maxmemory (${formatBytes(maxMemory)}) are used`; // prettier-ignore
    if (used < maxMemory * NEARLY.warn) return pass(share);
    const next = cli('INFO', 'memory');
    return used < maxMemory * NEARLY.fail ? warn(share, next) : fail(`${share}: at the limit Redis takes no records`, next); // prettier-ignore
  });

/** A restart of the server loses no records. */
export const durability: Check = (facts) =>
  worst(facts, ({ appendOnly, save, saved }, cli) => {
    const broken = saved.snapshot === false ? 'snapshot' : saved.appendOnly === false ? 'append-only file' : null; // prettier-ignore
    if (broken !== null) {
      return fail(`Redis could not write its last ${broken}: look into its log, and at its disk`, cli('INFO', 'persistence')); // prettier-ignore
    }
    if (appendOnly === true) return pass('the append-only file is on');
    if (appendOnly === null || save === null) return null;
    if (save !== '') return pass('snapshots are taken, and the append-only file is off');
    return warn(
      'Redis writes neither snapshots nor an append-only file: a restart loses all records',
      cli('CONFIG', 'SET', 'appendonly', 'yes'),
    );
  });

const A_DAY = 86_400;
const NAME_COLUMNS = 40;

/** No consumer group holds back expired records, and none is abandoned. */
export const groups: Check = (facts) => {
  const streams = streamsOf(facts)?.streams;
  if (!streams) return null;
  const findings = streams.flatMap((stream) => stream.groups.map((group) => judgeGroup(facts, stream, group))); // prettier-ignore
  if (findings.length === 0) return pass('there are none');
  return first(findings, 'fail') ?? heldBack(facts) ?? first(findings, 'warn') ?? findings[0]!;
};

function judgeGroup(facts: Facts, stream: RedisStream, group: RedisStream['groups'][number]) {
  const { name, consumers, needs } = group;
  const { max_age_seconds: maxAge } = facts.config.retention;
  const who = `group '${cut(name, NAME_COLUMNS)}' of ${stream.key}`;
  const next = typed('redis-cli', ...stream.cli, 'XINFO', 'CONSUMERS', stream.key, name);
  const age = needs === null ? 0 : facts.now / 1000 - needs.since;
  const what = needs?.why === 'pending' ? 'has not acknowledged' : 'has not been given';
  const behind = `${who} ${what} entries that are ${ageInWords(age)} old`;
  const nobody = consumers === 0 ? ', and has no consumers' : '';
  if (maxAge !== null && age > maxAge) {
    return fail(`${behind}${nobody}: they have expired, and cannot go`, next);
  }
  if (consumers === 0) return warn(`${who} has no consumers: what it was not given stays`, next);
  if (maxAge === null && age > A_DAY) return warn(`${behind}: they stay, whatever the limits say`, next); // prettier-ignore
  return pass('consumers keep up');
}

/** Whether a group holds back what has expired by count or size: only a plan can tell. */
function heldBack(facts: Facts): Finding | null {
  const pin = trialOf(facts)?.parts.find(({ pinned_by }) => pinned_by !== undefined);
  if (!pin) return null;
  return fail(`${pin.name}: ${pin.pinned_by}`, facts.papyra('persistence compact', '--dry-run'));
}
