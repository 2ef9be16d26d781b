// Imports the default export of a module. TypeScript needs a loader (jiti), because Node 20 cannot read it; the Node in
// the one file can.
import { isSea } from 'node:sea';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';

export async function importDefault(file: string): Promise<unknown> {
  if (file.endsWith('.ts') && !isSea()) {
    const { createJiti } = await import('jiti');
    return createJiti(file, { fsCache: false }).import(file, { default: true });
  }
  const module = await importUrl(pathToFileURL(file).href);
  return module.default;
}

/** `import()`, which in the one file finds only modules of Node itself where it is not asked for the usual loader. */
function importUrl(url: string): Promise<{ default?: unknown }> {
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const script = new Script('(url) => import(url)', { importModuleDynamically });
  return (script.runInThisContext() as typeof importUrl)(url);
}
