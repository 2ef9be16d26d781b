// The ledger of what was tried, from seeds, to lose a record: each long run adds to it, and nothing is taken out.
// `npx tsx test/ledger.ts` writes its sums into the README of the harness.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
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
const README = join(ROOT, 'test/crash/README.md');
const [BEGIN, END] = ['<!-- ledger: npx tsx test/ledger.ts -->', '<!-- /ledger -->'];

export const readLedger = (): Entry[] => JSON.parse(readFileSync(LEDGER, 'utf8')) as Entry[];

export async function addToLedger(entry: Entry): Promise<void> {
  if (Object.keys(entry.tried).length === 0) return;
  const text = JSON.stringify([...readLedger(), entry]);
  writeFileSync(LEDGER, await format(text, { parser: 'json', printWidth: 100 }));
  writeFileSync(README, await readmeWithLedger());
}

/** The README with the sums of the ledger in it. */
export async function readmeWithLedger(): Promise<string> {
  const text = readFileSync(README, 'utf8');
  const [before, rest] = text.split(BEGIN) as [string, string];
  const after = rest.slice(rest.indexOf(END));
  const entries = readLedger();
  const found = entries.flatMap((entry) =>
    entry.found ? [`- ${entry.date}: ${entry.found}`] : [],
  );
  const whole = `${before}${BEGIN}\n\n${tableOf(entries)}\n\n${found.join('\n')}\n\n${after}`;
  return format(whole, { parser: 'markdown', printWidth: 100 });
}

export function tableOf(entries: readonly Entry[]): string {
  const lines = ['| what | when | hours | tried | went wrong |', '| --- | --- | --: | --- | --: |'];
  for (const what of new Set(entries.map((entry) => entry.what))) {
    const ours = entries.filter((entry) => entry.what === what);
    const tried: Record<string, number> = {};
    for (const entry of ours) {
      for (const [name, number] of Object.entries(entry.tried)) tried[name] = (tried[name] ?? 0) + number; // prettier-ignore
    }
    const words = Object.entries(tried).map(([name, number]) => `${grouped(number)} ${spaced(name)}`); // prettier-ignore
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
  writeFileSync(README, await readmeWithLedger());
}
