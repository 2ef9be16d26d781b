// What every bundle of papyra is made with: that in dist/ (esbuild.config.js) and that in the one file (packaging/).
// PAPYRA_COVERAGE=FOLDER makes bundles that count: see test/coverage/.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

// jiti finds its own files beside itself; typescript is only for a loader of cosmiconfig that papyra replaces.
export const OUTSIDE = ['jiti', 'typescript'];

const folder = process.env.PAPYRA_COVERAGE;
export const COUNTED = Boolean(folder);
const counter = COUNTED && (await import('./test/coverage/instrument.js')).countedBundle(folder);

/** @type {import('esbuild').BuildOptions} */
export const BUNDLE = {
  ...counter,
  bundle: true,
  platform: 'node',
  external: OUTSIDE,
  alias: { debug: resolve('src/backends/redis/no-debug.ts') },
  define: { PAPYRA_VERSION: JSON.stringify(version), ...counter?.define },
  legalComments: 'none',
  // Comments and blanks are parsed at each start; the names that a stack trace shows are kept.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120,
  logLevel: 'warning',
};
