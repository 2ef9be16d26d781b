import { Command } from 'commander';
import type { Context } from './context.js';
import { addMetricsPersistence } from './metrics/persistence.js';
import { addMetricsReset } from './metrics/reset.js';
import { addGlobalOptions } from './options.js';
import { addCompact } from './persistence/compact.js';

/** The whole command tree: what `--help` shows and what the man pages are made from. */
export function buildProgram(version: string, context: Context): Command {
  const program = new Command('papyra')
    .description('Keep the persistence logs of a Papyra system small, safely.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .configureHelp({ showGlobalOptions: true });
  addGlobalOptions(program);

  const persistence = program
    .command('persistence')
    .description('Compact the store of a Papyra system');
  addCompact(persistence, context);

  const metrics = program.command('metrics').description('Show what compaction did over all runs');
  addMetricsPersistence(metrics, context);
  addMetricsReset(metrics, context);
  return program;
}
