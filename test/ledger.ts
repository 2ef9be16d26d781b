// The ledger of what was tried, from seeds, to lose a record: each long run adds to it, and nothing is taken out.
// `npx tsx test/ledger.ts` writes its sums into the README of the harness, and one sentence into that of the project.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { plural } from '../src/units/units.js';
import { ROOT } from './support/papyra.js';

export interface Entry {
  date: string;
  /** What was tried; entries of one kind are added up. */
  what: string;
  /** The first seed and the last. */
  seeds: [number, number];
  hours: number;
  tried: Record<string, number>;
  /** How many of them went wrong. */
  failed: number;
  /** What was found, if something was, and where its test is. */
  found?: string;
}

const LEDGER = join(ROOT, 'test/ledger.json');

/** A page that tells of the ledger, between two marks. */
export interface Page {
  path: string;
  marks: [begin: string, end: string];
  tell: (entries: readonly Entry[]) => string;
}

export const PAGES: readonly Page[] = [
  {
    path: join(ROOT, 'test/crash/README.md'),
    marks: ['<!-- ledger: npx tsx test/ledger.ts -->', '<!-- /ledger -->'],
    tell: (entries) => `\n${tableOf(entries)}\n\n${foundIn(entries)}\n\n`,
  },
  { path: join(ROOT, 'README.md'), marks: ['<!-- tried -->', '<!-- /tried -->'], tell: sentenceOf },
];

export const readLedger = (): Entry[] => JSON.parse(readFileSync(LEDGER, 'utf8')) as Entry[];

export async function addToLedger(entry: Entry): Promise<void> {
  if (Object.keys(entry.tried).length === 0) return;
  const text = JSON.stringify([...readLedger(), entry]);
  writeFileSync(LEDGER, await format(text, { parser: 'json', printWidth: 100 }));
  await tellAll();
}

async function tellAll(): Promise<void> {
  for (const page of PAGES) writeFileSync(page.path, await withLedger(page));
}

/** The text of a page with what the ledger says now. */
export async function withLedger({ path, marks: [begin, end], tell }: Page): Promise<string> {
  const text = readFileSync(path, 'utf8');
  const [before, rest] = text.split(begin) as [string, string];
  const after = rest.slice(rest.indexOf(end));
  const whole = `${before}${begin}\n${tell(readLedger())}${after}`;
  return format(whole, { ...(await resolveConfig(path)), parser: 'markdown' });
}

function foundIn(entries: readonly Entry[]): string {
  return entries.flatMap(({ date, found }) => (found ? [`- ${date}: ${found}`] : [])).join('\n');
}

function sumOf(entries: readonly Entry[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { tried } of entries) {
    for (const [name, number] of Object.entries(tried)) sum[name] = (sum[name] ?? 0) + number;
  }
  return sum;
}

export function sentenceOf(entries: readonly Entry[]): string {
  const { worlds = 0, records = 0, kills = 0, powerCuts = 0 } = sumOf(entries);
  const [lives, all, killed, cuts] = [worlds, records, kills, powerCuts].map(grouped);
  const faults = entries.reduce((sum, { failed }) => sum + failed, 0);
  return `Drawn from seeds so far: ${lives} lives of stores, ${all} records, ${killed} kills, ${cuts} power failures; ${plural(faults, 'fault')} found and mended.\n`;
}

export function tableOf(entries: readonly Entry[]): string {
  const lines = ['| what | when | hours | tried | went wrong |', '| --- | --- | --: | --- | --: |'];
  for (const what of new Set(entries.map((entry) => entry.what))) {
    const ours = entries.filter((entry) => entry.what === what);
    const words = Object.entries(sumOf(ours)).map(([name, number]) => `${grouped(number)} ${spaced(name)}`); // prettier-ignore
    const dates = ours.map(({ date }) => date).sort();
    const when = dates[0] === dates.at(-1) ? dates[0]! : `${dates[0]!} to ${dates.at(-1)!}`;
    const hours = ours.reduce((sum, entry) => sum + entry.hours, 0);
    const failed = ours.reduce((sum, entry) => sum + entry.failed, 0);
    lines.push(`| ${what} | ${when} | ${hours.toFixed(1)} | ${words.join(', ')} | ${failed} |`);
  }
  return lines.join('\n');
}

const grouped = (number: number): string => `${number}`.replace(/\B(?=(?:\d{3})+$)/g, ' ');

const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`); // prettier-ignore

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await tellAll();
}
