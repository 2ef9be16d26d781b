import type { Container } from '../../src/schedule/container.js';
import type { Host } from '../../src/schedule/host.js';
import { jobOf, jobOfMany, type Job, type Service } from '../../src/schedule/job.js';
import type { EffectiveConfig, StoreConfig } from '../../src/index.js';

export const PLACE: Host & Container = {
  command: ['/usr/bin/node', '/usr/local/bin/papyra'],
  user: 'root',
  politely: ['/usr/bin/nice', '-n', '10', '/usr/bin/ionice', '-c', '2', '-n', '7'],
  image: 'registry.example/papyra:1',
  volume: 'app-data',
  owner: { uid: 1000, gid: 1001 },
};

export const EVERY = { seconds: 21_600, reason: 'this is a test' };
const NO_LIMIT = { max_age_seconds: null, max_records: null, max_total_bytes: null };

export function configOf(
  log: string,
  file: string | null = '/etc/papyra/config.yaml',
  more: Partial<EffectiveConfig> = {},
): EffectiveConfig {
  return {
    file,
    store: { backend: 'json', path: log, namedBy: 'config' },
    retention: NO_LIMIT,
    archiveCompression: 'auto',
    metrics: { enabled: true },
    overrides: {},
    guards: {},
    secretFiles: [],
    ...more,
  };
}

/** A service on a log; with a port, as in a pod. */
export const fileService = (log = '/var/lib/app/events.ndjson', port: number | null = null): Job =>
  jobOf(configOf(log), log, EVERY, null, {
    flags: ['--min-free', '10%', ...(port === null ? [] : ['--listen', `0.0.0.0:${port}`])],
    port,
  });

export const fileJob = (log = '/var/lib/app/events.ndjson', archive?: string): Job =>
  jobOf(configOf(log, undefined, { archive }), log, EVERY);

/** A store without files of its own. */
export function redisJob(service: Service | null = null): Job {
  const store: StoreConfig = {
    backend: 'redis',
    server: { kind: 'single', at: { host: 'cache', port: 6379 } },
    db: 0,
    password: { file: '/etc/papyra/password' },
    tls: { ca: '/etc/papyra/ca.pem' },
    prefix: 'papyra',
    systems: ['local'],
    approx: true,
    timeoutMs: 5000,
  };
  const metrics = { enabled: true, textfile: '/var/lib/node_exporter/papyra.prom' };
  const config = configOf('', undefined, { store, metrics });
  return jobOf(config, 'cache:6379 papyra:local', EVERY, null, service);
}

/** Two logs, one of them a link, the matches of a glob, and their archives; with `names` only for these. */
export function manyJob(names: string[] = [], service: Service | null = null): Job {
  const store = (name: string, log: string, more: Partial<EffectiveConfig> = {}) => ({
    name,
    config: configOf(log, undefined, { label: name, archive: '/backup/papyra', ...more }),
    realLog: log,
    isLink: false,
  });
  const stores = [
    store('orders', '/var/lib/orders/events.ndjson'),
    {
      ...store('billing', '/srv/billing/events.ndjson'),
      realLog: '/volume/b.ndjson',
      isLink: true,
    },
    store('tenants', '/var/lib/tenants/a/events.ndjson', { within: '/var/lib/tenants' }),
    store('tenants', '/var/lib/tenants/b/events.ndjson', { within: '/var/lib/tenants', archive: '/backup/tenants' }), // prettier-ignore
  ].filter(({ name }) => names.length === 0 || names.includes(name));
  return jobOfMany({ names, configFile: '/etc/papyra/many.yaml', stores }, EVERY, service);
}

/** What no scheduler may expand, split or lose. */
export const HOSTILE = `/srv/it's 100% "ü" $HOME \${X} $(Y) %{z}/a#b;c & 日本 *.ndjson`;
