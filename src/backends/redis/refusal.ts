// Says which right or command is missing when a server refuses a command.
import { PapyraError } from '../../errors/errors.js';

/** An error of ioredis has the command that the server refused. */
export interface Refusal extends Error {
  command?: { name: string; args: unknown[] };
}

const GROUPS =
  'without it nobody knows what consumer groups still need; --ignore-groups does not ask';
const ENTRIES = 'without it no entry can be looked at';
const METRICS = 'without it runs are not counted';
const PROBE =
  'the server does not say that it is a Redis of 6.2.7 or later, so papyra tries on a key of its own whether XTRIM takes only what it may (INFO tells the version)';

const QUARANTINE =
  'without it nothing can be kept in quarantine; --mode repair deletes without a copy';

/** What does not work without a command, and what helps. Papyra does without the other commands, and says nothing. */
const WITHOUT: Record<string, string> = {
  'xdel': 'without it no corrupted entry can be removed',
  'xtrim': 'without it nothing can be trimmed',
  'xinfo|stream': 'without it nothing can be planned',
  'xinfo|groups': GROUPS,
  'xpending': GROUPS,
  'xrange': ENTRIES,
  'xrevrange': ENTRIES,
  'scan': 'without it systems cannot be searched for; name them in persistence.system_id',
  'hgetall': METRICS,
  'hset': METRICS,
  'hincrby': METRICS,
  'xadd': PROBE,
  'xlen': PROBE,
  'del': PROBE,
  'cluster|slots': 'without it the masters of a cluster cannot be found',
}; // prettier-ignore

/** Commands whose rights are given by subcommand. */
const WITH_SUBCOMMANDS = ['xinfo', 'memory', 'xgroup', 'cluster'];

/** The right to run a command, or to touch a key, is missing. */
export function notPermitted(error: Refusal, server: string): PapyraError {
  const ofKey = /\bkeys?\b/.test(error.message);
  const command = commandOf(error);
  const what = ofKey ? `touch ${keyOf(error)}` : `run ${upper(command)}`;
  const rule = ofKey ? '~<prefix>:*' : `+${command}`;
  const lost = ofKey ? undefined : lostWithout(command, error);
  const hint = [`grant it: ACL SETUSER <name> ${rule}`, lost, 'man papyra-config lists all rights that are needed']; // prettier-ignore
  return new PapyraError('permission_denied', `the user of Redis ${server} may not ${what}`, {
    hint: hint.filter(Boolean).join('; '),
    cause: error,
  });
}

function lostWithout(command: string, error: Refusal): string | undefined {
  const isCopy = command === 'xadd' && keyOf(error).includes(':quarantine:');
  return isCopy ? QUARANTINE : WITHOUT[command];
}

/** The server does not know a command under its own name. */
export function notKnown(error: Refusal, server: string): PapyraError {
  const command = commandOf(error);
  return new PapyraError(
    'config_invalid',
    `Redis ${server} does not know the command ${upper(command)}: it is disabled or renamed there (rename-command), or no part of this server`,
    {
      hint: `${lostWithout(command, error) ?? 'papyra needs it'}; let the server keep it under its own name`,
      cause: error,
    },
  );
}

function commandOf({ command, message }: Refusal): string {
  const name = (command?.name ?? /'(\w+)/.exec(message)?.[1] ?? 'command').toLowerCase();
  if (!command || !WITH_SUBCOMMANDS.includes(name)) return name;
  return `${name}|${String(command.args[0]).toLowerCase()}`;
}

function upper(command: string): string {
  return command.toUpperCase().replace('|', ' ');
}

export function keyOf({ command }: Refusal): string {
  const words = (command?.args ?? []).map((arg) => (typeof arg === 'string' ? arg : ''));
  return words.find((word) => word.includes(':')) ?? words[0] ?? '';
}
