// Runs `papyra watch`: connects the service with the stores, the log lines and the HTTP server.
import type { Server } from 'node:http';
import {
  openStores,
  prometheusText,
  type ClosedStore,
  type Stores,
  type System,
} from '../src/index.js';
import { stamped } from '../src/output/watch.js';
import { serviceInterval } from '../src/schedule/interval.js';
import type { Console } from '../src/output/console.js';
import { addressText, type ListenAddress } from '../src/watch/address.js';
import type { Amount } from '../src/units/units.js';
import { notifierFor } from '../src/watch/notify.js';
import { Service } from '../src/watch/service.js';
import type { StoreSource } from '../src/watch/stores.js';
import { consoleFor, type Context } from './context.js';
import { giveWay } from './give-way.js';
import { openOptions, type GlobalFlags, type StoreFlags } from './options.js';
import { logTo } from './watch-log.js';

export interface WatchFlags extends GlobalFlags, StoreFlags {
  /** Seconds. */
  every?: number;
  minFree?: Amount;
  listen?: ListenAddress;
}

/** Ends well when it is asked to stop: a service that was told to end has done its work. */
export async function watch(flags: WatchFlags, context: Context): Promise<void> {
  const output = consoleFor({ ...context, stderr: stamped(context.stderr, context.env) }, flags);
  const notifier = notifierFor(context.env, (problem) => output.warnings([problem]));
  const service = new Service({
    load: () => load(flags),
    everyMs: flags.every === undefined ? undefined : 1000 * flags.every,
    everyMsOf: (system) => 1000 * intervalOf(system),
    minFree: flags.minFree,
    notifier,
    events: logTo(output),
    signal: context.signal,
  });
  context.onHangup(() => service.reload());
  let server: Server | undefined;
  try {
    if (flags.listen) server = await listen(flags.listen, service, output);
    await service.run();
  } finally {
    server?.closeAllConnections();
    server?.close();
    notifier.close();
  }
}

/** Reads the configuration, code in it, too, as it is now. */
async function load(flags: WatchFlags): Promise<StoreSource> {
  const { store } = flags;
  return sourceOf(
    await openStores({ ...openOptions(flags), ...(store && { store }), reread: true }),
  );
}

function sourceOf(opened: Stores): StoreSource {
  const { warnings, stores, isOne } = opened;
  return {
    warnings,
    stores: stores.map((store) => ({
      label: isOne ? null : store.label,
      open: () => opening(store),
    })),
    again: async () => sourceOf(await opened.again()),
    publish: () => opened.publishMetrics(),
  };
}

async function opening(store: ClosedStore): Promise<System> {
  const system = await store.open();
  if (system.store.backend === 'redis') giveWay();
  return system;
}

function intervalOf({ config }: System): number {
  return serviceInterval(config.store.backend, config.retention).seconds;
}

async function listen(address: ListenAddress, service: Service, output: Console): Promise<Server> {
  const { serveHttp } = await import('../src/watch/server.js');
  const metrics = (): string => prometheusText(service.metrics());
  const server = await serveHttp(address, { metrics, health: () => service.health() });
  const at = server.address();
  const port = typeof at === 'object' && at !== null ? at.port : address.port;
  output.note(`listening on http://${addressText({ ...address, port })}`);
  return server;
}
