// Imports the default export of a module. TypeScript needs a loader (jiti), because Node 20 cannot read it; the Node in
// the one file can.
import { isSea } from 'node:sea';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';

interface Module {
  default?: unknown;
}

export async function importDefault(file: string): Promise<unknown> {
  const url = pathToFileURL(file).href;
  if (isSea()) return (await importInOneFile(url)).default;
  if (file.endsWith('.ts')) {
    const { createJiti } = await import('jiti');
    return createJiti(file, { fsCache: false }).import(file, { default: true });
  }
  return ((await import(url)) as Module).default;
}

/** In the one file, `import()` finds only modules of Node itself; a script that asks for the usual loader finds all. */
function importInOneFile(url: string): Promise<Module> {
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const script = new Script('(url) => import(url)', { importModuleDynamically });
  return (script.runInThisContext() as typeof importInOneFile)(url);
}
