// Recognizes programs that read a log line by line while it grows, and tells what their operators should know.
import { basename } from 'node:path';
import type { Reader } from '../files/followers.js';

export interface Follower {
  /** What its operator should know or set, as papyra-scheduling(7) explains it. */
  remedy: string;
}

const TWO_RUNS = 'it knows files by inode number: do not let it be down for two runs';

/** By the name of the program, or of the script that an interpreter runs. */
const SHIPPERS: readonly (Follower & { names: readonly string[] })[] = [
  {
    names: ['filebeat', 'agentbeat', 'elastic-agent'],
    remedy: 'let it know files by content, with filestream and file_identity.fingerprint',
  },
  {
    names: ['fluent-bit', 'td-agent-bit'],
    remedy: `${TWO_RUNS}, unless its version checks the offset that it has stored`,
  },
  { names: ['fluentd', 'td-agent'], remedy: TWO_RUNS },
  { names: ['vector'], remedy: 'let fingerprint.strategy be checksum, the default' },
  {
    names: ['promtail', 'alloy', 'grafana-agent'],
    remedy: 'it may know its position by the name of the file alone: do not let it be down during a run', // prettier-ignore
  },
  {
    names: ['logstash', 'org.logstash.Logstash'],
    remedy: 'let sincedb_clean_after be less than the time between two runs',
  },
  {
    names: ['rsyslogd'],
    remedy: `do not let it be down for two runs, and set reopenOnTruncate="on" before a run with --in-place`, // prettier-ignore
  },
  {
    names: ['splunkd'],
    remedy: 'it notices a compaction by itself, and reads what was kept a second time',
  },
  {
    names: ['otelcol', 'otelcol-contrib', 'otelcol-k8s'],
    remedy: 'it knows files by their first bytes, and reads what was kept a second time',
  },
];

const TAIL_OF_NAME: Follower = { remedy: 'it prints what was kept once more after a run' };
const TAIL_OF_DESCRIPTOR: Follower = {
  remedy: 'it stays with the old file after a run, where tail -F goes on with the new one',
};

/** Programs of these are recognized by the arguments. */
const INTERPRETERS = ['java', 'ruby'];

/** Which known follower a process is; undefined: none. */
export function followerOf(reader: Reader): Follower | undefined {
  const { name, words } = reader;
  if (name === 'tail') return tailOf(reader);
  const names = INTERPRETERS.includes(name) ? words.map((word) => basename(word)) : [name];
  return SHIPPERS.find((shipper) => names.some((one) => shipper.names.includes(one)));
}

/** A tail that only watches the directory follows another file there. */
function tailOf({ words, sees }: Reader): Follower | undefined {
  if (sees === 'directory') return undefined;
  if (words.some((word) => /^(-[a-z0-9]*F|--follow=name$)/.test(word))) return TAIL_OF_NAME;
  return words.some((word) => /^(-[a-z0-9]*f|--follow(=|$))/.test(word)) ? TAIL_OF_DESCRIPTOR : undefined; // prettier-ignore
}
