// Makes all packages of a version from a clean checkout, and SHA256SUMS, in dist-packages/VERSION.
// Usage: npm run release [-- --check]: with --check it only looks whether a release can be made.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ARCHITECTURES, OUT, ROOT, run, settleTimes, VERSION, type Arch } from './common.js';
import { makeDeb } from './deb.js';
import { makeImage } from './image.js';
import { licences } from './licences.js';
import { makeNpm } from './npm.js';
import { makeOneFile } from './one-file.js';

/** What must be put right before a release; empty: nothing. */
function obstacles(): string[] {
  const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
  const changes = run('git', ['status', '--porcelain']);
  const locked = (JSON.parse(read('package-lock.json')) as { version: string }).version;
  const heading = new RegExp(
    `^## ${VERSION.replaceAll('.', '\\.')} \\(\\d{4}-\\d\\d-\\d\\d\\)$`,
    'm',
  );
  return [
    ...(changes === '' ? [] : [`the checkout is not clean:\n${changes}`]),
    ...(locked === VERSION ? [] : [`package-lock.json has the version ${locked}, package.json ${VERSION}: npm install --package-lock-only`]), // prettier-ignore
    ...(heading.test(read('CHANGELOG.md')) ? [] : [`CHANGELOG.md has no heading "## ${VERSION} (YYYY-MM-DD)": rename Unreleased`]), // prettier-ignore
  ];
}

async function release(): Promise<string[]> {
  const packages = [makeNpm()];
  for (const arch of Object.keys(ARCHITECTURES) as Arch[]) {
    const oneFile = await makeOneFile(arch);
    packages.push(oneFile, makeDeb(arch, oneFile), makeImage(arch, oneFile));
    const texts = join(OUT, `${basename(oneFile)}.LICENCES.txt`);
    writeFileSync(texts, licences(arch));
    packages.push(texts);
  }
  return packages;
}

/** In the form that `sha256sum --check` reads. */
function sumOf(file: string): string {
  const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
  return `${sum}  ${basename(file)}\n`;
}

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const found = obstacles();
if (found.length > 0) {
  console.error(found.map((text) => `release: ${text}`).join('\n'));
  process.exit(1);
}
if (!values.check) {
  run('npm', ['run', '--silent', 'build']);
  const folder = join(OUT, VERSION);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = (await release()).map((file) => {
    const place = join(folder, basename(file));
    renameSync(file, place);
    return place;
  });
  const changes = join(folder, 'CHANGELOG.md');
  copyFileSync(join(ROOT, 'CHANGELOG.md'), changes);
  writeFileSync(join(folder, 'SHA256SUMS'), [...files, changes].map(sumOf).sort().join(''));
  settleTimes(folder);
  console.log(folder);
}
