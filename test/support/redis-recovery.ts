// Scans and recovers a Redis store through its backend, in this process or in one of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { RecoveryRequest, ScanRequest } from '../../src/backends/backend.js';
import { openBackend } from '../../src/backends/open.js';
import type { RedisServer, RedisStore } from '../../src/config/types.js';
import type { RecoveryReport } from '../../src/report/recovery.js';
import type { ScanReport } from '../../src/report/scan.js';
import { BARE, ROOT } from './papyra.js';
import { tempDirectory } from './temp.js';

export function storeAt(server: RedisServer | number, more: Partial<RedisStore> = {}): RedisStore {
  return {
    backend: 'redis',
    server:
      typeof server === 'number'
        ? { kind: 'single', at: { host: '127.0.0.1', port: server } }
        : server,
    db: 0,
    prefix: 'papyra',
    systems: ['*'],
    approx: true,
    timeoutMs: 5000,
    ...more,
  };
}

const noModules = () => Promise.reject(new Error('no modules here'));

export async function scanStore(
  store: RedisStore,
  request: Partial<ScanRequest> = {},
): Promise<Omit<ScanReport, 'next'>> {
  const backend = await openBackend(store, noModules);
  try {
    return await backend.scan!({ limit: 1000, ...request });
  } finally {
    await backend.close?.();
  }
}

/** A dry run, or plan and run. What it is refused is thrown. */
export async function recoverStore(
  store: RedisStore,
  request: Partial<RecoveryRequest> = {},
): Promise<RecoveryReport> {
  const backend = await openBackend(store, noModules);
  try {
    const plan = await backend.recover!({
      limit: 1000,
      mode: 'repair',
      dryRun: false,
      lockWaitMs: 0,
      offline: false,
      maxDrop: 1,
      ...request,
    });
    if (plan.refusal) throw plan.refusal;
    return request.dryRun ? plan.report : await plan.execute();
  } finally {
    await backend.close?.();
  }
}

let bundled: Promise<string> | undefined;

/** A script that does the same in a process of its own: `node SCRIPT scan|recover STORE REQUEST`, the two as JSON. */
export function recoveryScript(): Promise<string> {
  return (bundled ??= bundle());
}

async function bundle(): Promise<string> {
  const outfile = join(tempDirectory(), 'recovery.mjs');
  await build({
    stdin: {
      contents: `
        import { recoverStore, scanStore } from ${JSON.stringify(fileURLToPath(import.meta.url))};
        const [what, store, request] = process.argv.slice(2);
        const run = what === 'scan' ? scanStore : recoverStore;
        console.log(JSON.stringify(await run(JSON.parse(store), JSON.parse(request))));`,
      resolveDir: ROOT,
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { debug: join(ROOT, 'src/backends/redis/no-debug.ts') },
    external: ['esbuild', 'execa', 'jiti', 'vitest'],
    banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" },
    logLevel: 'error',
  }); // prettier-ignore
  return outfile;
}

export async function startRecovery(
  store: RedisStore,
  request: Partial<RecoveryRequest>,
): Promise<ChildProcess> {
  const args = [await recoveryScript(), 'recover', JSON.stringify(store), JSON.stringify(request)];
  return spawn(process.execPath, args, { env: BARE, stdio: ['ignore', 'ignore', 'inherit'] });
}
