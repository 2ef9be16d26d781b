import { Option, type Command } from 'commander';
import { PapyraError } from '../src/errors/errors.js';
import type { OpenOptions, Overrides } from '../src/index.js';
import { parseInterval } from '../src/schedule/interval.js';
import {
  parseCount,
  parseDuration,
  parseMoment,
  parseSize,
  parseTime,
} from '../src/units/units.js';
import type { ColorMode } from '../src/output/paint.js';

/** The options that every command has. */
export interface GlobalFlags {
  config?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  color?: ColorMode;
}

/** The options that say which store, and what has expired there. */
export interface StoreFlags {
  path?: string;
  backend?: string;
  maxAge?: number;
  maxRecords?: number;
  maxTotalBytes?: number;
  maxFiles?: number;
  maxBytes?: number;
  timeout?: number;
  /** Of a compaction only. */
  approx?: boolean;
  exact?: boolean;
}

/** Reads the value of a flag, and names the flag when the value is wrong. */
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
    .addOption(
      new Option('--config <file>', 'use this configuration file (or PAPYRA_CONFIG)').argParser(
        value('--config', nonEmpty),
      ),
    )
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
    .addOption(
      new Option(
        '--path <file>',
        'work on this log, in place of the configured store (or PAPYRA_PATH)',
      ).argParser(value('--path', nonEmpty)),
    )
    .addOption(
      new Option('--backend <name>', 'the backend (or PAPYRA_BACKEND)')
        .choices(['json', 'rotating', 'redis', 'memory'])
        // Which one is meant is asked in one place, for flag, environment and file.
        .argParser(value('--backend', nonEmpty)),
    )
    .addOption(
      new Option(
        '--max-age <duration>',
        'records older than this expire: 90s, 30m, 12h, 7d, 4w (or PAPYRA_MAX_AGE)',
      ).argParser(value('--max-age', parseDuration)),
    )
    .addOption(
      new Option(
        '--max-records <count>',
        'the newest so many records stay (or PAPYRA_MAX_RECORDS)',
      ).argParser(value('--max-records', parseCount)),
    )
    .addOption(
      new Option(
        '--max-total-bytes <size>',
        'the newest records stay up to this size: 500MB, 2GB, 64KiB (or PAPYRA_MAX_TOTAL_BYTES)',
      ).argParser(value('--max-total-bytes', parseSize)),
    )
    .addOption(
      new Option(
        '--max-files <count>',
        'rotating: files in the set, as the runtime is configured; default 5 (or PAPYRA_MAX_FILES)',
      ).argParser(value('--max-files', parseCount)),
    )
    .addOption(
      new Option(
        '--max-bytes <size>',
        'rotating: size at which the runtime rotates; default 50000000 (or PAPYRA_MAX_BYTES)',
      ).argParser(value('--max-bytes', parseSize)),
    )
    .addOption(
      new Option(
        '--timeout <duration>',
        'redis: how long a connection or an answer may take; default 5s (or PAPYRA_TIMEOUT)',
      ).argParser(value('--timeout', parseDuration)),
    );
}

export const count = (flag: string) => value(flag, parseCount);
export const duration = (flag: string) => value(flag, parseDuration);
export const size = (flag: string) => value(flag, parseSize);
export const interval = (flag: string) => value(flag, parseInterval);
export const text = (flag: string) => value(flag, nonEmpty);
export const moment = (flag: string) => value(flag, (text) => parseMoment(text));
export const time = (flag: string) => value(flag, parseTime);

/** What the flags say about the store, in the words of the API. */
export function openOptions(flags: GlobalFlags & StoreFlags): OpenOptions {
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
