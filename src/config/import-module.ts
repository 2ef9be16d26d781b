// Imports the default export of a module. TypeScript needs a loader (jiti), because Node 20 cannot read it.
import { pathToFileURL } from 'node:url';

export async function importDefault(file: string): Promise<unknown> {
  if (file.endsWith('.ts')) {
    const { createJiti } = await import('jiti');
    return createJiti(file, { fsCache: false }).import(file, { default: true });
  }
  const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  return module.default;
}
