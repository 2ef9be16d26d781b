// Writes the tables of README.md: each stands between two markers, one table for each group of cases.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../support/papyra.js';
import { COLUMNS } from './columns.js';
import { type Group, GROUPS } from './contender.js';
import type { CaseResult, Document } from './document.js';
import { range } from './text.js';

const README = join(ROOT, 'test/bench/README.md');

export async function writeReadme(document: Document): Promise<void> {
  const text = withTables(readFileSync(README, 'utf8'), document);
  const style = await resolveConfig(README);
  writeFileSync(README, await format(text, { ...style, parser: 'markdown' }));
}

/** The same text with the tables of the groups that were measured. */
export function withTables(readme: string, document: Document): string {
  return GROUPS.reduce((text, group) => {
    const cases = document.cases.filter((one) => one.group === group);
    return cases.length === 0 ? text : between(text, group, section(cases, document));
  }, readme);
}

function between(text: string, group: Group, content: string): string {
  const [start, end] = [`<!-- ${group} -->\n`, `<!-- end of ${group} -->`];
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)];
  if (from < start.length || to < from) throw new Error(`README.md lacks the markers of ${group}`);
  return `${text.slice(0, from)}\n${content}\n\n${text.slice(to)}`;
}

function section(cases: CaseResult[], { machine, started_at, cold }: Document): string {
  const columns = COLUMNS[cases[0]!.group];
  const of = (value: (one: CaseResult) => number) => cases.map(value);
  const load = range(of(({ conditions }) => conditions.load), 1); // prettier-ignore
  const idle = range(of(({ conditions }) => conditions.idle));
  const disk = range(of(({ conditions }) => conditions.disk_mb_s));
  const rounds = range(of((one) => one.rounds));
  const head = ['case', 'contender', ...columns.map((column) => column.head)];
  const lines = cases.flatMap(
    ({ name, rows }) =>
    rows.map((row, at) => [at === 0 ? name : '', row.contender, ...columns.map(({ cell }) => cell(row))]), // prettier-ignore
  );
  return [
    `Medians of ${rounds} rounds, ${started_at.slice(0, 10)}; ${machine}; load ${load}, cores ${idle} % idle; the disk writes ${disk} MB/s${cold ? '; nothing of the log in the page cache' : ''}. What each case works on: ${subjects(cases)}.`,
    '',
    tableRow(head),
    tableRow(head.map((_, at) => (at < 2 ? '---' : '--:'))),
    ...lines.map((line) => tableRow(line.map(code))),
  ].join('\n');
}

const tableRow = (cells: string[]) => `| ${cells.join(' | ')} |`;

/** Flags stand in backticks. */
const code = (text: string) => text.replace(/(?<=^| )--?[a-z][\w-]*(?: drop)?/g, '`$&`');

/** Most cases have the same. */
function subjects(cases: CaseResult[]): string {
  const all = new Map<string, string[]>();
  for (const { name, subject } of cases) all.set(subject, [...(all.get(subject) ?? []), name]);
  if (all.size === 1) return [...all.keys()][0]!;
  const [common] = [...all].toSorted(([, a], [, b]) => b.length - a.length)[0]!;
  const others = [...all].filter(([subject]) => subject !== common);
  return [common, ...others.map(([subject, names]) => `${names.join(', ')}: ${subject}`)].join(
    '; ',
  );
}
