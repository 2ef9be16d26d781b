// Reads the arguments of `npm run bench`.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Case, type Group, GROUPS } from './contender.js';

export const USAGE = `npm run bench -- [options]
  --only WORDS     the cases whose name contains these words
  --group A,B      of these groups: ${GROUPS.join(', ')}, or all; default: log,read
  --targets        what has a bound, of all groups, and whether it holds
  --list           only name the cases
  --rounds N       default 5; of cases that take minutes fewer
  --again N        measure a noisy case so many times more; default 2
  --records N      of a log; default 1000000; larger logs are a multiple of it
  --seed N         default 1: the same seed makes the same log
  --cold           put the log out of the page cache before each run
  --own-core       redis: the server has the first core for itself
  --in DIR         where to work; default: ${tmpdir()}
  --json FILE      where the numbers go
  --write-readme   put the tables into test/bench/README.md; with --only or --targets not possible
  --from FILE      measure nothing: show, and write, what such a file says
`;

export type Options = ReturnType<typeof readOptions>;

export class UsageError extends Error {}

export function readOptions(args: string[]) {
  const values = parsed(args);
  if (values['write-readme'] && values.from === undefined && (values.only !== undefined || values.targets))
    throw new UsageError('a table of README.md shows a whole group: leave out --only and --targets'); // prettier-ignore
  return {
    ...values,
    groups: groupsOf(
      values.group ?? (values.targets || values.list || values.only ? 'all' : 'log,read'),
    ),
    rounds: whole('rounds', values.rounds, 1),
    again: whole('again', values.again, 0),
    records: whole('records', values.records, 100),
    seed: whole('seed', values.seed, 0),
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string' },
        group: { type: 'string' },
        targets: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '5' },
        again: { type: 'string', default: '2' },
        records: { type: 'string', default: '1000000' },
        seed: { type: 'string', default: '1' },
        cold: { type: 'boolean', default: false },
        'own-core': { type: 'boolean', default: false },
        in: { type: 'string', default: tmpdir() },
        json: { type: 'string', default: join(tmpdir(), 'papyra-bench.json') },
        'write-readme': { type: 'boolean', default: false },
        from: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function groupsOf(text: string): readonly Group[] {
  if (text === 'all') return GROUPS;
  const known = (name: string): Group => {
    const group = GROUPS.find((one) => one === name);
    if (group === undefined) throw new UsageError(`--group: ${name} is none of ${GROUPS.join(', ')}`); // prettier-ignore
    return group;
  };
  return text.split(',').map(known);
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`--${name} ${text}: a whole number, ${least} or more`);
}

export function chosen(cases: readonly Case[], { groups, only = '', targets }: Options): Case[] {
  return cases.filter(
    ({ name, group, hasBound }) =>
      groups.includes(group) && name.includes(only) && (hasBound || !targets),
  );
}
