import { execa, execaCommand } from 'execa';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeConfig } from '../support/config.js';
import { BARE, PAPYRA, papyra, ROOT } from '../support/papyra.js';
import { records } from '../support/records.js';
import { tempLog } from '../support/temp.js';

const content = [...records({ seed: 3, count: 400, start: 1_790_000_000, step: 60 })]
  .map((record) => `${record}\n`)
  .join('');
const ESCAPE = '\u001b';

/** A shell line in a bare environment; $P is papyra, $L the log. */
async function shell(line: string, log: string) {
  const result = await execaCommand('sh -s', {
    input: line,
    env: { ...BARE, P: `${process.execPath} ${PAPYRA} persistence compact --path ${log}`, L: log },
    extendEnv: false,
    reject: false,
    cwd: '/',
  });
  return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** What a program writes to a terminal, of 80 columns if not said otherwise. */
async function onTerminal(
  args: string[],
  env: Record<string, string> = {},
  columns = 80,
): Promise<string> {
  const words = [process.execPath, PAPYRA, ...args].join(' ');
  const { stdout } = await execa(
    'script',
    ['-qec', `stty cols ${columns}; ${words}`, '/dev/null'],
    {
      timeout: 30_000,
      env: { ...BARE, TERM: 'xterm', ...env },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    },
  );
  return stdout;
}

describe('in the environment of cron', () => {
  test('works with --config, without a terminal or a home, and prints no escape codes', async () => {
    const log = tempLog(content);
    const config = writeConfig(
      join(dirname(log), 'papyra.yaml'),
      'persistence: {backend: json, path: events.ndjson, retention: {max_records: 50}}',
    );
    const run = await papyra(['persistence', 'compact', '--config', config]);
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    expect(run.stdout).toContain(`Compacted ${log}`);
    expect(run.stdout).not.toContain(ESCAPE);
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(51);
  });

  test('--quiet prints nothing at all on success, warnings included', async () => {
    const log = tempLog(`garbage\n${content}`);
    const args = ['persistence', 'compact', '--path', log, '--max-records', '50', '--quiet'];
    expect(await papyra(args)).toEqual({ code: 0, stdout: '', stderr: '' });
    for (const more of ['--json', '--verbose']) {
      expect(await papyra([...args, more])).toEqual({ code: 0, stdout: '', stderr: '' });
    }
    const failed = await papyra([...args, '--max-age', '1s']);
    expect(failed.code).toBe(65);
    expect(failed.stderr).not.toBe('');
  });
});

describe('output in pipes', () => {
  test('--json through jq is one whole document', async () => {
    const { code, stdout } = await shell(
      '$P --max-records 9 --json | jq -r .records.kept',
      tempLog(content),
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '9' });
  });

  test('| head -1 takes the first line, without a complaint', async () => {
    const log = tempLog(content);
    const { stdout, stderr } = await shell('$P --max-records 9 --json | head -1', log);
    expect({ stdout, stderr }).toEqual({ stdout: '{', stderr: '' });
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(10);
  });

  test('a reader that is gone at once makes no noise', async () => {
    const { stderr } = await shell('$P --max-records 9 --json | true', tempLog(content));
    expect(stderr).toBe('');
  });

  test('stdout closed: the work is done all the same', async () => {
    const log = tempLog(content);
    const { code, stderr } = await shell('$P --max-records 9 --json >&-', log);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(10);
  });

  test('stdout on a full device: 74, and it says that the work was done', async () => {
    const { code, stderr } = await shell('$P --max-records 9 --json >/dev/full', tempLog(content));
    expect(code).toBe(74);
    expect(stderr).toContain('cannot write the result to stdout');
    expect(stderr).toContain('the work itself was done');
  });

  test('a dry run or metrics on a full device: 74, and it says that nothing was changed', async () => {
    const log = tempLog(content);
    const metrics = `${process.execPath} ${PAPYRA} metrics persistence --path ${log}`;
    for (const line of ['$P --max-records 9 -n --json', metrics]) {
      const { code, stderr } = await shell(`${line} >/dev/full`, log);
      expect(code).toBe(74);
      expect(stderr).toContain('nothing was changed');
      expect(stderr).not.toContain('the work itself was done');
    }
    expect(readFileSync(log, 'utf8')).toBe(content);
  });

  test.each([
    [['--color', 'always'], true],
    [['--color=always'], true],
    [['--color=always', '--color', 'never'], false],
    [['--color', 'never', '--color=always'], true],
  ])('%j colours an error: %s', async (flags, coloured) => {
    for (const args of [['compat'], ['compact', '--path', '/none']]) {
      const { stderr } = await papyra([...flags, 'persistence', ...args]);
      expect(stderr.includes(`${ESCAPE}[31m`)).toBe(coloured);
    }
  });

  test('help shows the help of a command at any depth: that of --help', async () => {
    for (const words of [[], ['metrics'], ['persistence', 'compact'], ['metrics', 'reset']]) {
      const asked = await papyra(['help', ...words]);
      expect(asked).toEqual(await papyra([...words, '--help']));
      expect(asked).toMatchObject({ code: 0, stderr: '' });
    }
    const unknown = await papyra(['help', 'persistence', 'compat']);
    expect(unknown).toMatchObject({ code: 64, stdout: '' });
    expect(unknown.stderr).toContain("unknown command 'persistence compat'");
  });
});

describe('on a terminal', () => {
  test('colours by itself, none with NO_COLOR, TERM=dumb or --color never', async () => {
    const args = ['persistence', 'compact', '--path', tempLog(content), '--max-records', '9', '-n'];
    expect(await onTerminal(args)).toContain(`${ESCAPE}[36mDry run`);
    expect(await onTerminal(args, { NO_COLOR: '1' })).not.toContain(`${ESCAPE}[36m`);
    expect(await onTerminal(args, { TERM: 'dumb' })).not.toContain(`${ESCAPE}[36m`);
    expect(await onTerminal([...args, '--color', 'never'])).not.toContain(`${ESCAPE}[36m`);
  });

  test('no line of help or report is wider than 80 columns', async () => {
    const log = tempLog(content);
    const screens = [
      await onTerminal(['persistence', 'compact', '--help']),
      await onTerminal(['metrics', 'persistence', '--help']),
      await onTerminal(['--help']),
      await onTerminal([
        'persistence',
        'compact',
        '--path',
        log,
        '--max-records',
        '9',
        '--max-age',
        '5w',
        '--max-total-bytes',
        '4GB',
      ]),
      await onTerminal(['metrics', 'persistence', '--path', log]),
    ];
    for (const screen of screens) {
      // eslint-disable-next-line no-control-regex
      const plain = screen.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');
      const wide = plain.split('\n').filter((line) => line.length > 80 && !line.includes(log));
      expect(wide).toEqual([]);
    }
  });

  test('shows progress with bytes, rate and time left while it works', async () => {
    const log = tempLog(content.repeat(600));
    const screen = await onTerminal([
      'persistence',
      'compact',
      '--path',
      log,
      '--max-records',
      '9',
      '--limit-rate',
      '100MB',
    ]);
    expect(screen).toMatch(
      /Scanning [\d.]+ MB of [\d.]+ MB \(\d+ %\), [\d.]+ MB\/s, [\d.]+ s left/,
    );
    expect(screen).toContain('Compacted');
  });
});

describe('the package', () => {
  test('--version prints the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await papyra(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('runs through a symbolic link in a PATH directory', async () => {
    const log = tempLog(content);
    const bin = join(dirname(log), 'bin');
    mkdirSync(bin);
    const { symlinkSync } = await import('node:fs');
    symlinkSync(PAPYRA, join(bin, 'papyra'));
    const { stdout } = await execa('papyra', ['--version'], {
      env: { PATH: `${bin}:${BARE.PATH}` },
      extendEnv: false,
    });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
  });

  describe('that is slow to fill', () => {
    const args = (log: string) =>
      ['persistence', 'compact', '--path', log, '--max-records', '9', '-n', '--limit-rate', '9MB']; // prettier-ignore
    const log = () => tempLog(content.repeat(80));

    test('the spinner has no colour with NO_COLOR or --color never', async () => {
      for (const screen of [
        await onTerminal(args(log()), { NO_COLOR: '1' }),
        await onTerminal([...args(log()), '--color', 'never']),
      ]) {
        expect(screen).toContain('Scanning');
        // eslint-disable-next-line no-control-regex
        expect(screen).not.toMatch(/\u001b\[[0-9;]*m/);
      }
    });

    test('a terminal that says 0 columns gets no spinner, and the run ends', async () => {
      const screen = await onTerminal(args(log()), {}, 0);
      expect(screen).toContain('Dry run');
      expect(screen).not.toContain(`${ESCAPE}[?25l`);
    });
  });
});
