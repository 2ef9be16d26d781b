// npm run bench: runs papyra and its peers in turn, from the same start. `--help` names the options, README.md the rest.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { CASES } from './cases.js';
import type { Case } from './contender.js';
import type { Document } from './document.js';
import { chosen, type Options, readOptions, USAGE, UsageError } from './options.js';
import { writeReadme } from './readme.js';
import { runCases } from './run-cases.js';
import { boundsTable, caseTable } from './screen.js';
import { heedSignals } from './stop.js';

async function main(options: Options): Promise<void> {
  const cases = chosen(CASES, options);
  if (cases.length === 0) throw new UsageError('no case is so: --list names them');
  if (options.help) console.log(USAGE);
  else if (options.list) console.log(listed(cases));
  else await shown(options);
}

function listed(cases: readonly Case[]): string {
  return cases.map(({ group, name }) => `${group.padEnd(6)} ${name}`).join('\n');
}

async function shown(options: Options): Promise<void> {
  const document = options.from === undefined ? await measuredNow(options) : readBack(options.from);
  if (options.targets) console.log(boundsTable(document.cases));
  if (options['write-readme']) await writeReadme(document);
}

async function measuredNow(options: Options): Promise<Document> {
  mkdirSync(options.in, { recursive: true });
  heedSignals();
  const document = await runCases(options);
  writeFileSync(options.json, `${JSON.stringify(document, null, 1)}\n`);
  console.log(`\nThe numbers are in ${options.json}`);
  return document;
}

function readBack(file: string): Document {
  const document = JSON.parse(readFileSync(file, 'utf8')) as Document;
  for (const one of document.cases) console.log(caseTable(one));
  return document;
}

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 64;
}
