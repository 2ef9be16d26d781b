// Declares the flags that several commands share, reads their values, and turns them into options of the library.
import { Option, type Command } from 'commander';
import { PapyraError } from '../src/errors/errors.js';
import type { OpenOptions, Overrides, ScanOptions } from '../src/index.js';
import { parseInterval } from '../src/schedule/interval.js';
import {
  parseAmount,
  parseCount,
  parseDuration,
  parseMoment,
  parseShare,
  parseSize,
  parseTime,
} from '../src/units/units.js';
import type { ColorMode } from '../src/output/paint.js';
import type { ProgressMode } from '../src/output/progress.js';
import { parseListen } from '../src/watch/address.js';
import type { Context } from './context.js';

/** The flags that every command has. */
export interface GlobalFlags {
  config?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  color?: ColorMode;
}

/** The flags that name a store and its limits. */
export interface StoreFlags {
  store?: string[];
  path?: string;
  backend?: string;
  maxAge?: number;
  maxRecords?: number;
  maxTotalBytes?: number;
  maxFiles?: number;
  maxBytes?: number;
  timeout?: number;
  /** Only `persistence compact` has these two. */
  approx?: boolean;
  exact?: boolean;
}

/** The options of commands that read a whole store. */
export interface ReadFlags {
  limit?: number;
  limitRate?: number;
  progress: ProgressMode;
}

/** The options of commands that may recover a store. */
export interface RecoveryFlags {
  quarantineDir?: string;
  lockWait?: number;
}

/** Parses the value of a flag; an error names the flag. */
function value<T>(flag: string, parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof PapyraError)) throw error;
      throw new PapyraError(error.code, `${flag}: ${error.message}`, {
        hint: `see papyra --help; nothing was done`,
      });
    }
  };
}

function nonEmpty(text: string): string {
  if (text === '') throw new PapyraError('usage', 'the value is empty');
  return text;
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option('--config <file>', 'use this configuration file (or PAPYRA_CONFIG)', text('--config'))
    .option('--json', 'print the result as one JSON document, errors too')
    .option('--quiet', 'print nothing at all on success')
    .option('--verbose', 'say more: the configuration used, stack traces of errors')
    .addOption(
      new Option('--color <when>', 'use colours')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    );
}

export function addStoreOptions(command: Command): Command {
  return command
    .option(
      '--store <name>',
      'of the stores of the configuration this one; may be given more than once; default: all',
      names('--store'),
    )
    .option(
      '--path <file>',
      'work on this log, in place of the configured store (or PAPYRA_PATH)',
      text('--path'),
    )
    .addOption(
      new Option('--backend <name>', 'the backend (or PAPYRA_BACKEND)')
        .choices(['json', 'rotating', 'redis', 'memory'])
        // Replaces the check of choices(): src/config/resolve.ts checks flag, variable and file alike.
        .argParser(text('--backend')),
    )
    .option(
      '--max-age <duration>',
      'records older than this expire: 90s, 30m, 12h, 7d, 4w (or PAPYRA_MAX_AGE)',
      duration('--max-age'),
    )
    .option(
      '--max-records <count>',
      'the newest so many records stay (or PAPYRA_MAX_RECORDS)',
      count('--max-records'),
    )
    .option(
      '--max-total-bytes <size>',
      'the newest records stay up to this size: 500MB, 2GB, 64KiB (or PAPYRA_MAX_TOTAL_BYTES)',
      size('--max-total-bytes'),
    )
    .option(
      '--max-files <count>',
      'rotating: files in the set, as the runtime is configured; default 5 (or PAPYRA_MAX_FILES)',
      count('--max-files'),
    )
    .option(
      '--max-bytes <size>',
      'rotating: size at which the runtime rotates; default 50000000 (or PAPYRA_MAX_BYTES)',
      size('--max-bytes'),
    )
    .option(
      '--timeout <duration>',
      'redis: how long a connection or an answer may take; default 5s (or PAPYRA_TIMEOUT)',
      duration('--timeout'),
    );
}

export function addReadOptions(command: Command): Command {
  return command
    .option(
      '--limit <count>',
      'list so many anomalies; all are counted; default 20',
      count('--limit'),
    )
    .option(
      '--limit-rate <size>',
      'read and write at most so many bytes a second, such as 20MB',
      size('--limit-rate'),
    )
    .addOption(
      new Option('--progress <when>', 'show progress; auto: only on a terminal')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    );
}

export function addRecoveryOptions(command: Command): Command {
  return command
    .option(
      '--quarantine-dir <directory>',
      'with quarantine: where the copy of what is removed goes',
      text('--quarantine-dir'),
    )
    .option(
      '--lock-wait <duration>',
      'wait so long for another run to finish',
      duration('--lock-wait'),
    );
}

export function readOptions(flags: ReadFlags, { signal }: Pick<Context, 'signal'>): ScanOptions {
  return {
    signal,
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
    ...(flags.limitRate === undefined ? {} : { limitRate: flags.limitRate }),
  };
}

export function recoveryOptions({ quarantineDir, lockWait }: RecoveryFlags) {
  return {
    lockWaitMs: (lockWait ?? 0) * 1000,
    ...(quarantineDir === undefined ? {} : { quarantineDir }),
  };
}

/** How often the service compacts, in seconds. */
export const everyOf = (flag: string) =>
  value(flag, (text) => {
    const seconds = parseDuration(text);
    if (seconds >= 1) return seconds;
    throw new PapyraError('usage', `'${text}' is less than a second`);
  });

export const listenOn = (flag: string) => value(flag, parseListen);

/** Values of a flag that may be given more than once. */
export const names = (flag: string) => {
  const name = text(flag);
  return (given: string, before: string[] = []): string[] => [...before, name(given)];
};

export const count = (flag: string) => value(flag, parseCount);
export const duration = (flag: string) => value(flag, parseDuration);
export const size = (flag: string) => value(flag, parseSize);
export const interval = (flag: string) => value(flag, parseInterval);
export const text = (flag: string) => value(flag, nonEmpty);
export const moment = (flag: string) => value(flag, (text) => parseMoment(text));
export const time = (flag: string) => value(flag, parseTime);
export const amount = (flag: string) => value(flag, parseAmount);
export const share = (flag: string) => value(flag, parseShare);

/** Without `--store`, which some commands take once and others more often. */
export function openOptions(flags: GlobalFlags & StoreFlags): Omit<OpenOptions, 'store'> {
  const overrides: Overrides = {};
  if (flags.path !== undefined) overrides.path = flags.path;
  if (flags.backend !== undefined) overrides.backend = flags.backend;
  if (flags.maxAge !== undefined) overrides.max_age_seconds = flags.maxAge;
  if (flags.maxRecords !== undefined) overrides.max_records = flags.maxRecords;
  if (flags.maxTotalBytes !== undefined) overrides.max_total_bytes = flags.maxTotalBytes;
  if (flags.maxFiles !== undefined) overrides.max_files = flags.maxFiles;
  if (flags.maxBytes !== undefined) overrides.max_bytes = flags.maxBytes;
  if (flags.timeout !== undefined) overrides.timeout_seconds = flags.timeout;
  if (flags.approx || flags.exact) overrides.approx_trim = flags.approx === true;
  return { overrides, ...(flags.config === undefined ? {} : { configFile: flags.config }) };
}
