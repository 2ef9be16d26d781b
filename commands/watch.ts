// Declares `papyra watch`.
import type { Command } from 'commander';
import type { Context } from './context.js';
import { addStoreOptions, amount, everyOf, listenOn } from './options.js';
import type { WatchFlags } from './watch-action.js';

export function addWatch(parent: Command, context: Context): void {
  const command = parent
    .command('watch')
    .summary('compact again and again, as a service')
    .description(
      'Run in the foreground as a service, and compact the store again and again: at an interval, and when free space runs short. SIGTERM ends it at a safe point; SIGHUP makes it read the configuration anew.',
    )
    .option(
      '--every <duration>',
      'how often: 30s, 15m, 1h, at least 1s; left out: every hour, or twice in the maximum age',
      everyOf('--every'),
    )
    .option(
      '--min-free <amount>',
      'compact at once when a file system of a store has less free than this: 2GB, 10%; where that is not enough, the oldest records go whatever the retention says, but none younger than an hour',
      amount('--min-free'),
    )
    .option(
      '--listen <address>',
      'serve /metrics, /healthz and /livez over HTTP on this port, such as 9464, only to this machine; or on an address: 0.0.0.0:9464, [::1]:9464',
      listenOn('--listen'),
    );
  addStoreOptions(command).action(async (_options: unknown, self: Command) => {
    const { watch } = await import('./watch-action.js');
    await watch(self.optsWithGlobals<WatchFlags>(), context);
  });
}
