// Puts counters into the sources of papyra while they are bundled or loaded: one for each branch and each function.
// Its plugins are for esbuild (the built tool) and for Vite (functions that tests call).
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createInstrumenter } from 'istanbul-lib-instrument';

const ROOT = resolve(import.meta.dirname, '../..');
/** Not the kernel, which is WebAssembly, nor what the build makes. */
const OURS =
  /^(?:src|commands)\/(?!records\/kernel\/(?:wasm\.ts|assembly\/)|log\/worker-code\.ts).*\.ts$/;

/** Also writes down in `folder` where the counters are. */
function instrument(file, folder) {
  const instrumenter = createInstrumenter({
    esModules: true,
    compact: true,
    coverageVariable: '__papyra_coverage__',
    coverageGlobalScope: 'globalThis',
    coverageGlobalScopeFunc: false,
    parserPlugins: ['typescript'],
  });
  const source = readFileSync(file, 'utf8');
  const id = createHash('sha1').update(file).update(source).digest('hex');
  const code = instrumenter.instrumentSync(source, id);
  const { branchMap, fnMap } = instrumenter.lastFileCoverage();
  const name = relative(ROOT, file);
  const maps = join(folder, 'maps');
  mkdirSync(maps, { recursive: true });
  writeFileSync(join(maps, name.replaceAll('/', '+')), JSON.stringify({ id, name, branchMap, fnMap })); // prettier-ignore
  return code;
}

const isOurs = (file) => OURS.test(relative(ROOT, file));

/** What the options of a bundle get for it. */
export function countedBundle(folder) {
  return {
    define: { COVERAGE_FOLDER: JSON.stringify(folder) },
    inject: [join(import.meta.dirname, 'dump.js')],
    plugins: [
      {
        name: 'counters',
        setup: (build) =>
          build.onLoad({ filter: /\.ts$/ }, ({ path }) =>
            isOurs(path) ? { contents: instrument(path, folder), loader: 'ts' } : undefined,
          ),
      },
    ],
  };
}

export function countedModules(folder) {
  return {
    name: 'counters',
    enforce: 'pre',
    load: (id) => (isOurs(id) ? instrument(id, folder) : undefined),
  };
}
