// Imports the default export of a module. TypeScript needs a loader (jiti), because Node 20 cannot read it.
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** How often modules have been forgotten: Node keeps what it has imported, under its URL. */
let generation = 0;

/** From now on modules are read from their files again; but not those that they import themselves. */
export function forgetModules(): void {
  generation += 1;
}

export async function importDefault(file: string): Promise<unknown> {
  if (file.endsWith('.ts')) {
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
  const module = (await import(url.href)) as { default?: unknown };
  return module.default;
}
