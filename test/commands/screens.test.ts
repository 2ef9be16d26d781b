import type { Command } from 'commander';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../../commands/program.js';
import { freshState, type HistoryEntry } from '../../src/metrics/state.js';
import { writeState } from '../../src/metrics/stored-form.js';
import { tempDirectory } from '../support/temp.js';
import { screens, type Screen } from '../support/tmux.js';

/** Each command of the tree, as words. */
function commandsBelow(command: Command, words: string[] = []): string[][] {
  const children = command.commands.filter((child) => child.name() !== 'help');
  return [words, ...children.flatMap((child) => commandsBelow(child, [...words, child.name()]))];
}

const nowhere = { write: () => true };
const program = buildProgram('', {
  stdout: nowhere,
  stderr: nowhere,
  env: {},
  signal: new AbortController().signal,
  onHangup: () => undefined,
  found: () => undefined,
});
const HELPS = commandsBelow(program).map((words) => [...words, '--help']);

const NOW = 1_790_000_000;

/** A record a second until now, and some odd lines. */
function content(count: number): string {
  const lines = Array.from({ length: count }, (_, at) => `{"timestamp": ${NOW - count + at}}\n`);
  return `broken\n{"undated": true}\n${lines.join('')}`;
}

/** Each limit drops some. */
const LIMITS = [
  ...['--max-age', '2h', '--max-records', '5000', '--max-total-bytes', '100kB'],
  ...['--dry-run', '--now', String(NOW)],
];

/** Metrics of a large store over years. */
function largeHistory(): string {
  const run = (index: number): HistoryEntry => ({
    started_at: new Date(Date.UTC(2026, 10, 1 + index)).toISOString(),
    duration_ms: 3_599_000,
    status: index % 2 ? 'nothing_to_do' : 'compacted',
    records_scanned: 999_940_000_000,
    records_kept: 1,
    records_dropped: 99_999 * 10 ** (index % 7),
    bytes_before: 1,
    bytes_after: 1,
    bytes_reclaimed: 999_940 * 10 ** (index % 5),
    bytes_appended: 0,
    disk_usage_bytes: 999_940_000_000 - index,
    error: null,
  });
  const failed = { status: 'failed', records_scanned: null, records_dropped: null, bytes_reclaimed: null, disk_usage_bytes: null } as const; // prettier-ignore
  const error = { code: 'permission_denied', message: 'cannot read it: '.repeat(20) };
  const state = freshState(new Date('2026-01-01T00:00:00.000Z'));
  const counters = Object.fromEntries(
    Object.keys(state.counters).map((name) => [name, Number.MAX_SAFE_INTEGER]),
  ) as unknown as typeof state.counters;
  const history = Array.from({ length: 60 }, (_, index) => run(index));
  history[58] = { ...history[58]!, ...failed, error };
  return writeState({ ...state, counters, history });
}

describe('on a terminal of 80 columns', () => {
  const shown: Record<'plain' | 'colored', Screen[]> = { plain: [], colored: [] };
  const cases: Record<string, string[]> = Object.fromEntries(
    HELPS.map((words) => [words.join(' '), words]),
  );
  const at = (name: string) => Object.keys(cases).indexOf(name);

  beforeAll(async () => {
    const directory = tempDirectory();
    const log = (name: string) => join(directory, name);
    for (const [name, count] of [['plain', 10_000], ['set', 4000], ['set.1', 4000], ['large', 5]] as const) writeFileSync(log(name), content(count)); // prettier-ignore
    for (const name of ['a-very-long-name-of-a-log', 'a-very-long-name-of-a-log.1']) {
      writeFileSync(log(name), content(4000));
    }
    writeFileSync(log('sampled'), content(1_000_000));
    mkdirSync(join(directory, '.papyra'));
    writeFileSync(join(directory, '.papyra/large.metrics.json'), largeHistory());
    const on = (name: string, ...args: string[]) => [...args, '--path', log(name)];
    const compact = ['persistence', 'compact'];
    const metrics = ['metrics', 'persistence'];
    const rotating = ['--backend', 'rotating', '--max-files', '2'];
    Object.assign(cases, {
      'dry run': on('plain', ...compact, ...LIMITS),
      'dry run of a set': on('set', ...compact, ...LIMITS, ...rotating),
      'a long name': on('a-very-long-name-of-a-log', ...compact, ...LIMITS, ...rotating),
      metrics: on('large', ...metrics),
      history: on('large', ...metrics, '--history'),
      'the whole history': on('large', ...metrics, '--history', '100'),
      'no history': on('plain', ...metrics, '--history'),
      inspection: on('plain', 'persistence', 'inspect', '--by', 'type', '--show-metrics'),
      'inspection of a set': on(
        'a-very-long-name-of-a-log',
        ...['persistence', 'inspect', '--by', 'actor', ...rotating, ...LIMITS.slice(0, 6)],
      ),
      'inspection of a sample': on('sampled', 'persistence', 'inspect', '--by', 'kind'),
      doctor: on('plain', 'doctor', '--max-age', '365d'),
      'doctor of a set': on(
        'a-very-long-name-of-a-log',
        'doctor',
        ...rotating,
        '--max-bytes',
        '1kB',
      ),
      refused: on('plain', ...compact, '--max-age', '1s', '--undated', 'drop', '--dry-run'),
    });
    const runs = Object.values(cases);
    shown.plain = await screens(runs, ['--color', 'never']);
    shown.colored = await screens(runs, ['--color', 'always']);
  });

  test('no line is broken by the terminal, with and without colour', () => {
    for (const how of ['plain', 'colored'] as const) {
      Object.keys(cases).forEach((name, index) => {
        const { lines, written } = shown[how][index]!;
        expect(lines.join('\n').trim().length, name).toBeGreaterThan(20);
        expect({ name, how, lines: written }).toEqual({ name, how, lines });
      });
    }
  });

  test('colour changes nothing but colours, and is there', () => {
    // eslint-disable-next-line no-control-regex
    const SGR = /\u001b\[[\d;]*m/;
    for (const name of Object.keys(cases)) {
      const [plain, colored] = [shown.plain[at(name)]!, shown.colored[at(name)]!];
      const timeless = (lines: string[]) =>
        lines.filter((line) => !/^ {2}took| are free/.test(line));
      expect(timeless(colored.lines)).toEqual(timeless(plain.lines));
      expect(plain.colored, name).not.toMatch(SGR);
      if (!name.endsWith('--help')) expect(colored.colored, name).toMatch(SGR);
    }
  });

  test.each([
    ['dry run', ['records', 'bytes']],
    ['dry run of a set', ['records', 'bytes']],
    ['dry run of a set', ['dropped', 'kept', 'size']],
    ['a long name', ['dropped', 'kept', 'size']],
    ['history', ['took', 'scanned', 'dropped', 'reclaimed', 'on disk']],
    ['the whole history', ['took', 'scanned', 'dropped', 'reclaimed', 'on disk']],
  ])('%s: numbers stand under %j, right-aligned, with their units', (name, words) => {
    const { lines } = shown.plain[at(name)]!;
    const head = lines.findIndex((line) => words.every((word) => line.includes(` ${word}`)));
    expect(head).toBeGreaterThan(0);
    const end = lines.findIndex((line, at) => at > head && line === '');
    const rows = lines.slice(head + 1, end).filter((line) => !line.startsWith('    '));
    expect(rows.length).toBeGreaterThan(1);
    for (const word of words) {
      const right = lines[head]!.indexOf(` ${word}`) + word.length + 1;
      const cells = rows.map((row) => row.slice(0, right).split(/ {2,}/).at(-1)!);
      const bytes = ['bytes', 'reclaimed', 'size', 'on disk'].includes(word);
      const number = bytes ? /^(\d{1,3}(\.\d)? [kMGT]?B|–|)$/ : /^(\d{1,3}(,\d{3})*|\d{1,3}\.\d [kMGT]|[\d.]+ s|\d+ m \d+ s|–)$/; // prettier-ignore
      for (const cell of cells) expect(cell, word).toMatch(number);
      const beside = rows.map((row) => row.slice(right, right + 2).trim());
      expect(new Set(beside), word).toEqual(new Set(['']));
    }
  });

  test('counters stand in one column, the units of bytes too', () => {
    const { lines } = shown.plain[at('metrics')]!;
    const rows = lines.filter((line) => /^ {2}(comp|records|files|bytes|disk)/.test(line));
    expect(rows).toHaveLength(9);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    expect(rows.filter((row) => / [kMGTP]?B$/.test(row))).toHaveLength(2);
  });

  test('of a long history the table has all, the sparklines what fits, a failed run its reason', () => {
    const { lines } = shown.plain[at('the whole history')]!;
    expect(lines.filter((line) => /^ {2}2026-/.test(line))).toHaveLength(60);
    expect(
      lines.filter((line) => /^ {2}(on disk|dropped) {2}[▁-█ ]{40} {2}/.test(line)),
    ).toHaveLength(2);
    expect(lines.find((line) => line.startsWith('    '))).toMatch(
      /^ {4}permission_denied: .{50,}…$/,
    );
  });
});
