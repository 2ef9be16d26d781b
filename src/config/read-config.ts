// Reads one configuration file of any form; before its content is used, the owner of the file is checked (trust.ts).
import { basename } from 'node:path';
import type { Loaders } from 'cosmiconfig';
import { Explorer } from 'cosmiconfig/dist/Explorer.js';
import { PapyraError } from '../errors/errors.js';
import { importDefault } from './import-module.js';
import { parseJson, parseToml, parseYaml, type Parse } from './parse.js';
import { assertTrusted } from './trust.js';

/** The content; undefined when it has nothing for papyra. `explicit`: the operator named the file. */
export async function readConfig(file: string, explicit: boolean): Promise<unknown> {
  const result = await reading(file, () => explorerOf(loaders(explicit)).load(file));
  return result && !result.isEmpty ? (result.config as unknown) : undefined;
}

/**
 * The inner explorer of cosmiconfig. The public API first looks for settings of cosmiconfig itself, and executes
 * `.config/config.js` of the working directory before it calls any of our loaders.
 */
function explorerOf(using: Loaders): Explorer {
  return new Explorer({
    moduleName: 'papyra',
    packageProp: 'papyra',
    searchPlaces: [],
    searchStrategy: 'none',
    loaders: using,
    ignoreEmptySearchPlaces: true,
    cache: false,
    transform: (result) => result,
    metaConfigFilePath: null,
    mergeImportArrays: true,
    mergeSearchPlaces: true,
  });
}

/** Loaders that check the owner first; those of cosmiconfig execute whatever they find. */
function loaders(explicit: boolean): Loaders {
  const ask = (file: string, code: boolean) =>
    assertTrusted({ file, what: 'configuration', code, explicit });
  const data = (parse: Parse) => async (file: string, content: string) => {
    if (content.includes('\ufffd')) throw new SyntaxError('it is not UTF-8');
    const shared = SHARED[basename(file)];
    if (shared === undefined) {
      ask(file, false);
      return parse(content);
    }
    // The file belongs to other programs too. Its owner matters only when it has a section for papyra.
    const document = await parse(content);
    if (shared(document) !== undefined) ask(file, false);
    return document;
  };
  const code = async (file: string): Promise<unknown> => {
    ask(file, true);
    try {
      return await importDefault(file);
    } catch (error) {
      throw error instanceof Error ? error : new Error(`it threw ${String(error)}`);
    }
  };
  const yaml = data(parseYaml);
  return {
    noExt: yaml,
    '.yaml': yaml,
    '.yml': yaml,
    '.json': data(parseJson),
    '.toml': async (file, content) => {
      const document: unknown = await data(parseToml)(file, content);
      const section = SHARED[basename(file)];
      return section ? (section(document) ?? null) : document;
    },
    '.js': code,
    '.mjs': code,
    '.cjs': code,
    '.ts': code,
  };
}

/** Files that belong to other programs too, and how to get papyra's section from them. */
const SHARED: Record<string, ((document: unknown) => unknown) | undefined> = {
  'package.json': (document) => (document as { papyra?: unknown } | null)?.papyra,
  'pyproject.toml': (document) => (document as { tool?: { papyra?: unknown } }).tool?.papyra,
};

async function reading<T>(place: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PapyraError) throw error;
    const { code, filepath } = error as NodeJS.ErrnoException & { filepath?: string };
    const file = filepath ?? place;
    if (code === 'ENOENT' && file === place) {
      throw new PapyraError('config_invalid', `no configuration at ${file}: no such file`, {
        hint: 'check --config or PAPYRA_CONFIG',
        cause: error,
      });
    }
    if (code === 'EACCES') {
      throw new PapyraError('permission_denied', `cannot read configuration ${file}`, {
        hint: 'run papyra as a user that may read it',
        cause: error,
      });
    }
    const reason = reasonOf(error as Error, file);
    throw new PapyraError('config_invalid', `cannot read configuration ${file}: ${reason}`, {
      hint: hintFor(reason, file),
      cause: error,
    });
  }
}

function hintFor(reason: string, file: string): string {
  if (/\btab char/.test(reason)) return `YAML is indented with spaces: expand -t 2 ${file} > NEW, and use that; nothing was done`; // prettier-ignore
  if (reason === 'it is not UTF-8') return `an editor saved it in another encoding; for UTF-16: iconv -f UTF-16 -t UTF-8 ${file} > NEW`; // prettier-ignore
  return 'mend the file; nothing was done';
}

/** The first line of the message that is not empty, without the name of the file. */
function reasonOf({ message }: Error, file: string): string {
  if (message.startsWith('No loader specified')) {
    return 'it must be named .json, .yaml, .yml, .toml, .js, .mjs, .cjs, .ts or .papyrarc';
  }
  const lines = message.split('\n').map((line) => line.replaceAll(file, ''));
  return (
    lines.map((line) => line.replace(/^[\s:]+|[\s:]+$/g, '')).find(Boolean) ?? 'no reason given'
  );
}
