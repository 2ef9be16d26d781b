// Makes papyra-VERSION-linux-ARCH: Node's single executable application, with papyra, koffi and all licences in it.
// Usage: npm run package:one-file [-- --arch x64|arm64]
import { chmodSync, copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE } from '../esbuild.options.js';
import { ARCHITECTURES, archOfArguments, OUT, ROOT, run, settleTimes, VERSION, workFolder, type Arch } from './common.js'; // prettier-ignore
import { debianRoot } from './debian-root.js';
import { licences } from './licences.js';
import node from './node.json' with { type: 'json' };
import { fetchKoffi, fetchNode } from './npm-package.js';

/** A byte in Node says whether there is an application in it; this text stands before it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export const oneFilePath = (arch: Arch) => join(OUT, `papyra-${VERSION}-linux-${arch}`);

/** `dist/` and the generated sources must be up to date. */
export async function makeOneFile(arch: Arch): Promise<string> {
  const work = workFolder(`one-file-${arch}`);
  const interpreter = join(fetchNode(arch), 'bin/node');
  await bundle(join(work, 'main.cjs'));
  writeFileSync(join(work, 'LICENCES.txt'), licences(arch));
  makeBlob(arch, interpreter, work);
  const program = join(work, 'papyra');
  copyFileSync(interpreter, program);
  chmodSync(program, 0o755);
  // The names of functions are for debuggers alone, and 18 MB.
  run(`${ARCHITECTURES[arch].triplet}-strip`, [program]);
  const blob = ['NODE_SEA_BLOB', join(work, 'blob'), '--sentinel-fuse', FUSE];
  run(join(ROOT, 'node_modules/.bin/postject'), [program, ...blob]);
  settleTimes(program);
  renameSync(program, oneFilePath(arch));
  return oneFilePath(arch);
}

/** One file of CommonJS, as Node demands. What is loaded when it is used is in it, and still runs only then. */
async function bundle(outfile: string): Promise<void> {
  await build({
    ...BUNDLE,
    entryPoints: [join(ROOT, 'src/main.ts')],
    outfile,
    format: 'cjs',
    target: `node${node.version}`,
    // What uses it is for the other packages.
    define: { ...BUNDLE.define, 'import.meta.url': '"file:///"' },
    footer: { js: 'module.exports.main();' },
  });
}

/** Node of the same version and architecture must make it, because code that V8 has compiled is in it. */
function makeBlob(arch: Arch, interpreter: string, work: string): void {
  const config = {
    main: 'main.cjs',
    output: 'blob',
    disableExperimentalSEAWarning: true,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    useCodeCache: true,
    assets: { 'koffi.node': fetchKoffi(arch), 'LICENCES.txt': 'LICENCES.txt' },
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
  const emulator = arch === process.arch ? [] : [ARCHITECTURES[arch].qemu, '-L', debianRoot(arch)];
  // Compiled code has random numbers in it; with the same seed they are the same each time.
  const args = ['--random-seed=1', '--experimental-sea-config', 'sea.json'];
  const [command, ...rest] = [...emulator, interpreter, ...args];
  run(command!, rest, { cwd: work });
}

if (process.argv[1] === import.meta.filename) console.log(await makeOneFile(archOfArguments()));
