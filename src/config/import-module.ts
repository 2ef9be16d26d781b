// Imports the default export of a module. TypeScript needs a loader (jiti), because Node 20 cannot read it; the Node in
// the one file can.
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isSea } from 'node:sea';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';

interface Module {
  default?: unknown;
}

/** How often modules have been forgotten: Node keeps what it has imported, under its URL. */
let generation = 0;

/** From now on modules are read from their files again; but not those that they import themselves. */
export function forgetModules(): void {
  generation += 1;
}

export async function importDefault(file: string): Promise<unknown> {
  if (file.endsWith('.ts') && !isSea()) {
    const { createJiti } = await import('jiti');
    const options = { fsCache: false, moduleCache: generation === 0 };
    return createJiti(file, options).import(file, { default: true });
  }
  const url = pathToFileURL(file);
  if (generation > 0) {
    url.search = `reread=${generation}`;
    // A CommonJS module is kept under its path.
    Reflect.deleteProperty(createRequire(file).cache, realpathSync(file));
  }
  const found = isSea() ? await importInOneFile(url.href) : ((await import(url.href)) as Module);
  return found.default;
}

/** In the one file, `import()` finds only modules of Node itself; a script that asks for the usual loader finds all. */
function importInOneFile(url: string): Promise<Module> {
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const script = new Script('(url) => import(url)', { importModuleDynamically });
  return (script.runInThisContext() as typeof importInOneFile)(url);
}
