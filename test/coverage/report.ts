// Adds up what all processes have reached, and says for each folder how many branches and functions that is.
// Usage: tsx test/coverage/report.ts FOLDER [PREFIX…]: of files that begin so, also where the branches are that nothing has reached.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Place {
  line?: number;
  column?: number;
}
interface Counted {
  /** Of the source that was counted: what was reached in another version of it does not count. */
  id: string;
  name: string;
  branchMap: Record<string, { type: string; line: number; locations: { start: Place }[] }>;
  fnMap: Record<string, { name: string; line: number }>;
}
interface Reached {
  branches: Set<number>;
  functions: Set<number>;
}

const [folder = '', ...prefixes] = process.argv.slice(2);
const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

const reached = new Map<string, Reached>();
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  for (const [id, branches, functions] of read(folder, file) as [string, string, string][]) {
    const all = reached.get(id) ?? { branches: new Set(), functions: new Set() };
    reached.set(id, all);
    for (const { index } of branches.matchAll(/1/g)) all.branches.add(index);
    for (const { index } of functions.matchAll(/1/g)) all.functions.add(index);
  }
}

interface Sum {
  branches: number;
  reachedBranches: number;
  functions: number;
  reachedFunctions: number;
}
const sums = new Map<string, Sum>();
const missing: string[] = [];
const maps = join(folder, 'maps');
const counted = readdirSync(maps).map((file) => read(maps, file) as Counted);
for (const { id, name, branchMap, fnMap } of counted.sort((a, b) => (a.name < b.name ? -1 : 1))) {
  const here = reached.get(id) ?? { branches: new Set(), functions: new Set() };
  const isAsked = prefixes.some((prefix) => name.startsWith(prefix));
  const places = Object.values(branchMap).flatMap(
    ({ type, line, locations }) =>
    locations.map(({ start }, way) => ({ type, line: start.line ?? line, column: start.column, way })), // prettier-ignore
  );
  for (const [at, { type, line, way, column }] of places.entries()) {
    if (isAsked && !here.branches.has(at)) missing.push(`${name}:${line}:${(column ?? 0) + 1}  ${type} ${way + 1}`); // prettier-ignore
  }
  const functions = Object.values(fnMap);
  for (const [at, one] of functions.entries()) {
    if (isAsked && !here.functions.has(at)) missing.push(`${name}:${one.line}  function ${one.name}`); // prettier-ignore
  }
  const room = /^(?:src\/)?[^/]+(?=\/)|^src/.exec(name)![0];
  const sum = sums.get(room) ?? { branches: 0, reachedBranches: 0, functions: 0, reachedFunctions: 0 }; // prettier-ignore
  sums.set(room, {
    branches: sum.branches + places.length,
    reachedBranches: sum.reachedBranches + here.branches.size,
    functions: sum.functions + functions.length,
    reachedFunctions: sum.reachedFunctions + here.functions.size,
  });
}

for (const line of missing) console.log(line);
const share = (part: number, all: number) => `${part}/${all}`.padStart(11) + (all === 0 ? '' : ((100 * part) / all).toFixed(1).padStart(7)) + ' %'; // prettier-ignore
console.log(`${'folder'.padEnd(16)}           branches           functions`);
for (const [room, sum] of sums) {
  console.log(`${room.padEnd(16)}${share(sum.reachedBranches, sum.branches)}${share(sum.reachedFunctions, sum.functions)}`); // prettier-ignore
}
