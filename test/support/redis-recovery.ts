// Scans and recovers a Redis store through its backend, in this process.
import type { RecoveryRequest, ScanRequest } from '../../src/backends/backend.js';
import { openBackend } from '../../src/backends/open.js';
import type { RedisServer, RedisStore } from '../../src/config/types.js';
import type { RecoveryReport } from '../../src/report/recovery.js';
import type { ScanReport } from '../../src/report/scan.js';
import { tempRedisConfig } from './config.js';

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

/** Arguments of papyra for the server; `*`: all systems. */
export function storeArgs(port: number, system: string | string[] = '*'): string[] {
  return ['--config', tempRedisConfig({ url: `redis://127.0.0.1:${port}/0`, system_id: system })];
}
