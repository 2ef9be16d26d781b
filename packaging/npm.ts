// Makes papyra-VERSION.tgz, the package for npm: the files that package.json lists, with a package.json of their own.
// Usage: npm run package:npm
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUT, ROOT, run, settleTimes, VERSION, workFolder } from './common.js';

/** `npm install` warns of a package with a script such as `prepare`. The installed one needs no script at all. */
export function makeNpm(): string {
  const work = workFolder('npm');
  const listed = run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json']);
  const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }];
  for (const { path } of files) cpSync(join(ROOT, path), join(work, path));
  const whole = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object;
  const installed = { ...whole, scripts: undefined, devDependencies: undefined };
  writeFileSync(join(work, 'package.json'), `${JSON.stringify(installed, null, 2)}\n`);
  run('npm', ['pack', '--silent', '--pack-destination', OUT], { cwd: work });
  const tarball = join(OUT, `papyra-${VERSION}.tgz`);
  settleTimes(tarball);
  return tarball;
}

if (process.argv[1] === import.meta.filename) console.log(makeNpm());
