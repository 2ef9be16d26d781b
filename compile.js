// Lets V8 compile the bundle in the build, so that no start has to. bin/load.js reads what this writes.
// Usage: node compile.js ARGUMENT…
// It runs papyra with these arguments, and keeps the code of all that this run has loaded and nobody has kept before.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';

const require = createRequire(import.meta.url);
const { compiledName, load, scripts } = require('./bin/load.js');

process.on('exit', () => {
  for (const [file, script] of scripts) {
    if (!file.includes('/chunks/') || script.cachedDataRejected === false) continue;
    writeFileSync(compiledName(file), script.createCachedData());
  }
});
load(require.resolve('./dist/main.js')).main();
