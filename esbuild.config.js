// Compiles the kernel (asconfig.json) to a module of base64 text, so that it needs no file of its own;
// then bundles the command line and the library into dist/: one file each plus what is loaded when it is
// used. Bundled, `papyra --version` starts in a fraction of the time that node_modules would take.
// Last, V8 compiles the bundle, if it is not one that counts.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { BUNDLE, COUNTED, OUTSIDE } from './esbuild.options.js';

rmSync('dist', { recursive: true, force: true });

await compileKernel('src/records/kernel/wasm.ts');
await bundleWorker('src/log/scan-worker.ts', 'src/log/worker-code.ts');

const result = await build({
  ...BUNDLE,
  write: false,
  entryPoints: { main: 'src/main.ts', index: 'src/index.ts' },
  outdir: 'dist',
  splitting: true,
  format: 'esm',
  target: 'node20.19',
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
});

await writeChunks(new Map(result.outputFiles.map(({ path, text }) => [path, text])));
await writeLicences(Object.keys(result.metafile.inputs));
if (!COUNTED) compileBundle();

/** Each run adds the code of what the ones before it have not loaded. Without a seed it differs from build to build. */
function compileBundle() {
  const directory = mkdtempSync(join(tmpdir(), 'papyra-build-'));
  const log = join(directory, 'events.ndjson');
  const runs = [
    ['persistence', 'compact', '--max-records', '1'],
    ['persistence', 'scan'],
    ['metrics', 'persistence'],
    ['doctor', '--max-records', '1'],
    ['inspect', 'summary'],
  ];
  try {
    writeFileSync(log, '{"kind":"event","timestamp":1}\n{"kind":"event","timestamp":2}\n');
    for (const run of runs) {
      const node = ['--random-seed=1', 'compile.js', ...run, '--path', log];
      execFileSync(process.execPath, node, { stdio: 'pipe' });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * esbuild makes a file of whatever two parts share: 29 of them to compact a log. Rollup puts together what is
 * loaded together: 12, which saves a tenth of the start; and makes CommonJS of it, which Node loads without a
 * facade for each module of its own: another tenth.
 */
async function writeChunks(files) {
  const bundle = await rollup({
    input: ['main', 'index'].map((name) => resolve('dist', `${name}.js`)),
    external: [...OUTSIDE, ...builtinModules, /^node:/],
    treeshake: false,
    // What a package imports and does not use is its own affair.
    onwarn: (warning, warn) => warning.code === 'UNUSED_EXTERNAL_IMPORT' || warn(warning),
    plugins: [
      {
        name: 'from memory',
        resolveId: (id, importer) => {
          const path = importer === undefined ? id : join(importer, '..', id);
          return files.has(path) ? path : null;
        },
        load: (id) => files.get(id),
        // What bin/load.js compiles cannot import modules itself, so that gives it a function which can.
        renderDynamicImport: ({ targetModuleId }) =>
          files.has(targetModuleId)
            ? null
            : { left: '(module.import ?? ((id) => import(id)))(', right: ')' },
      },
    ],
  });
  await bundle.write({
    dir: 'dist',
    format: 'cjs',
    exports: 'named',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
}

/** What is bundled keeps its licence: all of them, in one file beside the bundle. */
async function writeLicences(inputs) {
  const { readdirSync } = await import('node:fs');
  const packages = new Set(
    inputs
      .map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
      .filter((folder) => folder !== undefined),
  );
  const texts = [...packages].sort().map((folder) => {
    const {
      name,
      version: bundled,
      license,
    } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(`${folder}/${file}`, 'utf8').trim() : `Licence: ${license}`;
    return `${name} ${bundled}\n\n${text}\n`;
  });
  writeFileSync('dist/THIRD-PARTY-LICENCES.txt', texts.join(`\n${'-'.repeat(72)}\n\n`));
}

/** A thread's code as a text, which needs no file to be found at run time. */
async function bundleWorker(entry, module) {
  const { outputFiles } = await build({
    ...BUNDLE,
    entryPoints: [entry],
    write: false,
    format: 'cjs',
    target: 'node20.19',
    lineLimit: 0,
  });
  const text = JSON.stringify(outputFiles[0].text);
  writeFileSync(
    module,
    `/** Made from scan-worker.ts by the build. */\nexport const WORKER = ${text};\n`,
  );
}

async function compileKernel(module) {
  let wasm;
  const { error, stderr } = await asc.main(['--config', 'asconfig.json', '--outFile', 'out.wasm'], {
    writeFile: (name, content) => (wasm = content),
  });
  if (error) throw new Error(`the kernel does not compile:\n${stderr}`);
  const { Buffer } = await import('node:buffer');
  const text = Buffer.from(wasm).toString('base64');
  writeFileSync(
    module,
    `/** Made from assembly/ by the build. */\nexport const WASM = '${text}';\n`,
  );
}
