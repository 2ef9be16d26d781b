// Makes papyra-VERSION.tgz, the package for npm: what `npm pack` makes of the built checkout, the same each time.
// Usage: npm run package:npm
import { join } from 'node:path';
import { OUT, run, settleTimes, VERSION } from './common.js';
import { mkdirSync } from 'node:fs';

export function makeNpm(): string {
  mkdirSync(OUT, { recursive: true });
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', OUT]);
  const tarball = join(OUT, `papyra-${VERSION}.tgz`);
  settleTimes(tarball);
  return tarball;
}

if (process.argv[1] === import.meta.filename) console.log(makeNpm());
