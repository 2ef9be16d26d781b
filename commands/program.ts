// Builds the whole command tree: `--help` shows it, and the man pages and completions are made from it.
import { Command } from 'commander';
import { PapyraError } from '../src/errors/errors.js';
import { addArchive } from './archive/archive.js';
import { addCompletion } from './completion/completion.js';
import { addConfigCheck } from './config/check.js';
import { addConfigImport } from './config/import.js';
import { addConfigInit } from './config/init.js';
import { addConfigSchema } from './config/schema.js';
import { addConfigShow } from './config/show.js';
import type { Context } from './context.js';
import { addDoctor } from './doctor.js';
import { addLists } from './inspect/inspect.js';
import { addMetricsPersistence } from './metrics/persistence.js';
import { addMetricsReset } from './metrics/reset.js';
import { addGlobalOptions } from './options.js';
import { addCompact } from './persistence/compact.js';
import { addRecover } from './persistence/recover.js';
import { addScan } from './persistence/scan.js';
import { addStartupCheck } from './persistence/startup-check.js';
import { addInspect } from './persistence/inspect.js';
import { addSchedule } from './schedule/schedule.js';
import { addWatch } from './watch.js';

export function buildProgram(version: string, context: Context): Command {
  const program = new Command('papyra')
    .description('Keep the persistence logs of a Papyra system small, safely.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true });
  addGlobalOptions(program);

  const persistence = program
    .command('persistence')
    .description('Compact, check, recover and inspect the store of a Papyra system');
  addCompact(persistence, context);
  addScan(persistence, context);
  addRecover(persistence, context);
  addStartupCheck(persistence, 'startup-check', context);
  addInspect(persistence, context);

  const inspect = program
    .command('inspect')
    .description('List the records of a Papyra system that retention shows');
  addLists(inspect, context);

  const archive = program
    .command('archive')
    .description('List, verify, restore and prune the archives of a Papyra system');
  addArchive(archive, context);

  const metrics = program.command('metrics').description('Show what compaction did over all runs');
  addMetricsPersistence(metrics, context);
  addMetricsReset(metrics, context);

  const config = program.command('config').description('Begin, show and check a configuration');
  addConfigInit(config, context);
  addConfigShow(config, context);
  addConfigCheck(config, context);
  addConfigSchema(config, context);
  addConfigImport(config, context);

  addDoctor(program, context);

  addWatch(program, context);

  const schedule = program
    .command('schedule')
    .description('Print a ready job that compacts the store again and again');
  addSchedule(schedule, context);

  addCompletion(program, context);
  addHelp(program);
  return program;
}

/** `papyra help persistence compact`: commander's own help command reads only the first word. */
function addHelp(program: Command): void {
  program
    .command('help [command...]')
    .summary('show help for a command')
    .description('Show help for a command.')
    .action((words: string[]) => {
      let command = program;
      for (const word of words) {
        const next = command.commands.find((child) => child.name() === word);
        if (!next) {
          throw new PapyraError('usage', `unknown command '${words.join(' ')}'`, {
            hint: 'see papyra --help',
          });
        }
        command = next;
      }
      command.outputHelp();
    });
}
