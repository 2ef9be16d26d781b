// Makes the backend of the store that is configured.
import { realpathSync } from 'node:fs';
import type { StoreConfig } from '../config/types.js';
import { PapyraError } from '../errors/errors.js';
import type { Backend } from './backend.js';
import { jsonBackend } from './json/backend.js';
import { memoryBackend } from './memory.js';

/** Loads a module if it may be executed. `explicit`: the operator named the configuration that names it. */
export type ModuleLoader = (file: string, explicit: boolean) => Promise<unknown>;

/** Does not touch the store. */
export async function openBackend(
  store: StoreConfig,
  load: ModuleLoader,
  signal?: AbortSignal,
): Promise<Backend> {
  switch (store.backend) {
    case 'json':
      return jsonBackend(store.path, store.namedBy);
    case 'rotating': {
      const { rotatingBackend } = await import('./rotating/backend.js');
      return rotatingBackend(store);
    }
    case 'redis': {
      const { redisBackend } = await import('./redis/backend.js');
      return redisBackend(store, signal);
    }
    case 'memory':
      return memoryBackend();
    case 'module': {
      const file = existing(store.module);
      const { customBackend } = await import('./custom.js');
      const exported = await load(store.module, store.explicit).catch((error: unknown) => {
        if (error instanceof PapyraError) throw error;
        const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
        throw new PapyraError('config_invalid', `cannot load backend module ${file}: ${reason}`, {
          hint: 'mend the module; nothing was done',
          cause: error,
        });
      });
      const options = { ...store.options, base_directory: store.baseDirectory };
      return customBackend(file, exported, options);
    }
  }
}

function existing(module: string): string {
  try {
    return realpathSync(module);
  } catch (error) {
    throw new PapyraError('config_invalid', `no backend module at ${module}`, {
      hint: 'check persistence.backend; relative paths start at the configuration file',
      cause: error,
    });
  }
}
