// Says in the words of an operator what errors of Redis, of the connection and of TLS mean.
import { PapyraError, type ErrorCode } from '../../errors/errors.js';
import { keyOf, notKnown, notPermitted, type Refusal } from './refusal.js';
import { isOfSentinels, sentinelError } from './sentinel-failure.js';

/** A fault of a server that papyra itself has found. Its message is found in MEANINGS, as that of a server. */
export class Failure extends Error {
  constructor(
    readonly what: 'silent' | 'LOADING' | 'READONLY' | 'OLD' | 'LOSING',
    cause?: unknown,
  ) {
    super(what, { cause });
  }
}

/** Whether papyra has judged a server by its answers. */
export function isVerdict(error: unknown): boolean {
  return error instanceof Failure && error.what !== 'silent';
}

/** Messages with which ioredis says that a connection is gone, but not why. */
export const LOST =
  /Connection is closed|Failed to refresh slots|None of startup nodes|Cluster redirections/;

function isUnknownCommand(text: string): boolean {
  return /unknown (?:command|subcommand|redis command)/i.test(text);
}

/** Whether a right is missing, or the command is disabled or renamed there. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Error && (/^NOPERM|because of: NOPERM/.test(error.message) || isUnknownCommand(error.message)); // prettier-ignore
}

interface Meaning {
  when: RegExp;
  code: ErrorCode;
  /** After the name of the server. */
  says: string;
  hint: string;
  /** It may pass: another connection is worth a try, where one has worked before. */
  passes?: true;
}

const CREDENTIALS = 'set persistence.username and password_file, or PAPYRA_REDIS_PASSWORD';
const TLS_FILES = 'set persistence.tls.ca to the certificate of the authority that signed it';
const SERVER_DISK = 'look at the log and the disk of the server; run again then';
const ADDRESS = 'check persistence.url, and that the server runs; nothing was done';

/** The first that fits counts. */
const MEANINGS: Meaning[] = [
  { when: /^NOAUTH|DENIED Redis is running in protected mode/, code: 'unreachable', says: 'wants a password', hint: CREDENTIALS },
  { when: /^WRONGPASS|invalid username-password|ERR invalid password/, code: 'unreachable', says: 'refuses the user name or the password', hint: CREDENTIALS },
  { when: /without any password configured|no password is set/, code: 'unreachable', says: 'has no password for its default user, and one was given', hint: 'leave the password out, or give the user name, too' },
  { when: /DB index is out of range|invalid DB index/, code: 'config_invalid', says: 'has no database of that number', hint: 'mend the database in persistence.url' },
  { when: /^LOADING/, code: 'try_again', says: 'is still loading its data', hint: 'run again when it is ready', passes: true },
  { when: /^READONLY/, code: 'try_again', says: 'is a replica, which cannot be trimmed', hint: 'name the master, or use persistence.sentinel; while it fails over: run again later', passes: true },
  { when: /^MASTERDOWN/, code: 'try_again', says: 'is a replica that has lost its master', hint: 'name the master; while it fails over: run again later', passes: true },
  { when: /^NOREPLICAS/, code: 'try_again', says: 'has too few replicas to take writes', hint: 'run again when its replicas are back' },
  { when: /CLUSTERDOWN/, code: 'try_again', says: 'is a cluster that is down', hint: 'look at CLUSTER INFO; run again when its state is ok', passes: true },
  { when: /max number of clients/, code: 'try_again', says: 'has as many clients as it may have', hint: 'run again later, or raise its maxclients' },
  { when: /^MISCONF/, code: 'io_error', says: 'cannot save to its disk, and takes no writes', hint: SERVER_DISK },
  { when: /^OOM/, code: 'io_error', says: 'is out of memory, and refused the command', hint: 'raise its maxmemory for a moment; run again then' },
  { when: /^WRONGTYPE/, code: 'config_invalid', says: 'has something of another type there', hint: 'check persistence.prefix and system_id; papyra works on streams, and counts in a hash' },
  { when: /^(?:MOVED|ASK) /, code: 'config_invalid', says: 'is a node of a cluster', hint: 'set persistence.cluster to a list of its nodes, in place of url' },
  { when: /cluster support disabled/, code: 'config_invalid', says: 'is no node of a cluster', hint: 'set persistence.url, in place of cluster' },
  { when: /^LOSING$/, code: 'config_invalid', says: 'is a Redis below 6.2.7, whose XTRIM … MINID can take entries that must stay (a node that spans more than 24 days goes as a whole)', hint: 'upgrade the server; nothing was done' },
  { when: /^OLD$|syntax error/i, code: 'config_invalid', says: 'is older than Redis 6.2, which papyra needs (XTRIM … MINID)', hint: 'upgrade the server; nothing was done' },
  { when: /invalid reply: null|No such master/, code: 'config_invalid', says: 'is unknown to its sentinels', hint: 'check persistence.sentinel.name' },
  { when: /ENOTFOUND|EAI_AGAIN/, code: 'unreachable', says: 'is a host that nobody knows', hint: 'check the name, and the DNS of this machine' },
  { when: /ECONNREFUSED/, code: 'unreachable', says: 'does not listen: connection refused', hint: ADDRESS, passes: true },
  { when: /\bENOENT\b/, code: 'unreachable', says: 'has no socket there', hint: ADDRESS, passes: true },
  { when: /\bEACCES\b/, code: 'permission_denied', says: 'has a socket that this user may not open', hint: 'let the user who runs papyra read and write the socket' },
  { when: /EHOSTUNREACH|ENETUNREACH/, code: 'unreachable', says: 'cannot be reached from here', hint: 'check the network, and persistence.url', passes: true },
  { when: /wrong version number|packet length too long|http request/i, code: 'unreachable', says: 'does not speak TLS', hint: 'write redis:// in place of rediss://, or leave persistence.tls out' },
  { when: /certificate required|handshake failure|alert/i, code: 'unreachable', says: 'refuses the TLS handshake; the server may require a client certificate', hint: 'set persistence.tls.cert and key' },
  { when: /ALTNAME/, code: 'unreachable', says: 'has a certificate of another name', hint: 'set persistence.tls.server_name to the name in its certificate' },
  { when: /certificate|CERT_|SELF_SIGNED|UNABLE_TO/i, code: 'unreachable', says: 'has a certificate that is not to be trusted', hint: TLS_FILES },
  { when: /Protocol error|Unknown RESP type/, code: 'unreachable', says: 'does not answer as Redis does', hint: 'check the port; if the server wants TLS, write rediss://' },
  { when: /^silent$|Command timed out|ETIMEDOUT/, code: 'unreachable', says: 'did not answer in time', hint: 'check host and port (and TLS: rediss://), or raise --timeout', passes: true },
  { when: /connect to sentinel|sentinels are unreachable/, code: 'unreachable', says: 'has no sentinel that answers', hint: 'check persistence.sentinel.nodes, and that they run', passes: true },
  { when: /Cluster redirections/, code: 'unreachable', says: 'keeps redirecting between nodes, probably during a failover', hint: 'look at CLUSTER NODES; run again when it has settled', passes: true },
  { when: /Connection is closed|ECONNRESET|EPIPE|socket hang up|ended|Failed to refresh slots|startup nodes|aborted/i, code: 'unreachable', says: 'closed the connection', hint: 'check that it is a Redis, and whether it wants TLS (rediss://)', passes: true },
]; // prettier-ignore

/** Whether another connection may bring what this one did not. */
export function mayPass(error: unknown): boolean {
  return meaningOf(error)?.passes ?? false;
}

/** The hint for a node of a cluster, which is found by the address that the cluster tells. */
const ANNOUNCED =
  'the cluster announces this address: check that the node runs, that it can be reached from here, and its cluster-announce-ip and -port'; // prettier-ignore

/** `server`: its name, without credentials. `announced`: a cluster told its address. */
export function redisError(error: unknown, server: string, announced = false): unknown {
  if (error instanceof PapyraError) return error;
  const text = textOf(error);
  if (isOfSentinels(error)) return sentinelError(error, text, server);
  if (text.startsWith('NOPERM')) return notPermitted(refusalIn(error), server);
  if (isUnknownCommand(text)) return notKnown(refusalIn(error), server);
  const meaning = meaningOf(error);
  if (!meaning) {
    if ((error as Partial<Error>).name !== 'ReplyError') return error;
    return new PapyraError('io_error', `Redis ${server} refused: ${text}`, {
      hint: 'what was trimmed before is done; run again',
      cause: error,
    });
  }
  const { code, says, hint } = meaning;
  const key = text.startsWith('WRONGTYPE') ? ` (${keyOf(refusalIn(error))})` : '';
  const detail = says.includes('certificate') ? ` (${(error as Error).message})` : key;
  return new PapyraError(code, `Redis ${server} ${says}${detail}`, {
    hint: announced && code === 'unreachable' && meaning.passes ? ANNOUNCED : hint,
    cause: error,
  });
}

function meaningOf(error: unknown): Meaning | undefined {
  const text = textOf(error);
  return MEANINGS.find(({ when }) => when.test(text));
}

/** The errors in the error of a cluster (of its last node), or of a transaction (of its commands). */
interface Wrapped {
  code?: unknown;
  lastNodeError?: unknown;
  previousErrors?: unknown[];
}

/** The innermost error, which has the command that was refused. */
function refusalIn(error: unknown): Refusal {
  const { previousErrors, lastNodeError } = error as Wrapped;
  const inner = lastNodeError ?? previousErrors?.[0];
  return inner ? refusalIn(inner) : (error as Refusal);
}

/** The innermost message: a cluster wraps the errors of its nodes. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, lastNodeError, previousErrors } = error as Wrapped;
  const inner = lastNodeError ?? previousErrors?.[0];
  if (inner) return textOf(inner);
  const last =
    /(?:Last error: (?:\w*Error: )?|to sentinel \S+ because )((?!Connection is closed|MOVED|ASK).*)/.exec(
      error.message,
    )?.[1];
  if (error instanceof AggregateError && error.message === '') return textOf(error.errors[0]);
  return last ?? (typeof code === 'string' ? `${error.message} ${code}` : error.message);
}
