// Makes the counted build, runs tests on it folder by folder, and says what they have reached.
// Usage: npm run coverage [-- TEST…]: files or folders; default: all that call papyra. `--again` adds to what was reached before.
import { execaSync } from 'execa';
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** They do not call what is counted: models, pages, and of the packages all but the one file. */
const NOT_COUNTED = ['bench', 'coverage', 'model', 'packaging', 'support', 'man.test.ts', 'package.test.ts']; // prettier-ignore
const ONE_FILE = 'test/packaging/one-file.test.ts';
const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'coverage');

const args = process.argv.slice(2);
const again = args.includes('--again');
const given = args.filter((arg) => arg !== '--again');
const isTest = (name: string) => /^[a-z]+$|\.test\.ts$/.test(name) && !NOT_COUNTED.includes(name);
const tests = given.length > 0 ? given : [...readdirSync(join(ROOT, 'test')).filter(isTest).map((name) => `test/${name}`), ONE_FILE]; // prettier-ignore

if (!again) rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
// Some tests run the tool as another user.
chmodSync(FOLDER, 0o1777);
const options = { cwd: ROOT, env: { PAPYRA_COVERAGE: FOLDER }, stdio: 'inherit', preferLocal: true, reject: false } as const; // prettier-ignore
const build = (env: Record<string, string>) => execaSync('node', ['esbuild.config.js'], { cwd: ROOT, env, stdio: 'inherit' }); // prettier-ignore

build({ PAPYRA_COVERAGE: FOLDER });
const failed: string[] = [];
try {
  for (const test of tests) {
    const { exitCode } = execaSync('vitest', ['run', '--config', 'test/coverage/vitest.config.ts', '--maxWorkers', '1', '--silent=true', test], options); // prettier-ignore
    if (exitCode !== 0) failed.push(test);
  }
} finally {
  // Nobody shall use the counted build.
  build({});
}
execaSync('tsx', ['test/coverage/report.ts', FOLDER], options);
if (failed.length > 0) console.log(`\nFailed, perhaps for being slower: ${failed.join(', ')}`);
