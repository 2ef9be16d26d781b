import { execaSync } from 'execa';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { placesOf } from '../../commands/completion/places.js';
import { buildProgram } from '../../commands/program.js';
import { BARE, papyra } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';

const nowhere = { write: () => true };
const places = placesOf(
  buildProgram('', {
    stdout: nowhere,
    stderr: nowhere,
    env: {},
    signal: new AbortController().signal,
    onHangup: () => undefined,
    found: () => undefined,
  }),
);
const longFlags = ({ flags, globalFlags }: (typeof places)[number]) =>
  [...flags, ...globalFlags].map(({ long }) => long);

const scripts: Record<string, string> = {};
beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const run = await papyra(['completion', shell]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    scripts[shell] = run.stdout;
  }
});

/** A directory with the script, a file and a folder whose names need quoting. */
function scene(shell: string): string {
  const directory = tempDirectory();
  writeFileSync(join(directory, 'script'), scripts[shell]!);
  writeFileSync(join(directory, 'my log.ndjson'), '');
  mkdirSync(join(directory, 'my folder'));
  return directory;
}

/** What is typed, up to the TAB, and what the line is then. */
const TYPED: [string, string][] = [
  ['papyra pers', 'papyra persistence '],
  ['papyra-ops pers', 'papyra-ops persistence '],
  ['papyra persistence c', 'papyra persistence compact '],
  ['papyra --json metrics r', 'papyra --json metrics reset '],
  ['papyra --color never sch', 'papyra --color never schedule '],
  ['papyra --config metrics schedule k', 'papyra --config metrics schedule kubernetes '],
  ['papyra schedule cron --ev', 'papyra schedule cron --every'],
  ['papyra persistence compact --dr', 'papyra persistence compact --dry-run '],
  ['papyra persistence compact --verb', 'papyra persistence compact --verbose '],
  ['papyra persistence compact --unreadable d', 'papyra persistence compact --unreadable drop '],
  ['papyra persistence compact --color=al', 'papyra persistence compact --color=always '],
  ['papyra metrics persistence --backend ro', 'papyra metrics persistence --backend rotating '],
  ['papyra completion fi', 'papyra completion fish '],
  ['papyra help schedule sy', 'papyra help schedule systemd '],
  [
    'papyra persistence compact --path my\\ l',
    'papyra persistence compact --path my\\ log.ndjson ',
  ],
  ['papyra config init my\\ l', 'papyra config init my\\ log.ndjson '],
  ['papyra persistence compact --archive my', 'papyra persistence compact --archive my\\ folder/'],
  ['papyra persistence compact --max-age m', 'papyra persistence compact --max-age m'],
  ['papyra persistence compact m', 'papyra persistence compact m'],
  ['papyra schedule cron --imag', 'papyra schedule cron --imag'],
];

/** How a key is made to print the line that stands there. */
const SETUP = {
  bash: `source ./script; bind 'set enable-bracketed-paste off'; bind -x '"\\C-t": printf "<<%s>>\\n" "$READLINE_LINE"'`,
  zsh: `autoload -Uz compinit; compinit -u -D; source ./script; show() { print -r -- "<<$BUFFER>>" }; zle -N show; bindkey '^T' show; bindkey '^U' kill-whole-line; unsetopt list_beep`,
};

describe.each(Object.entries(SETUP))('%s on a terminal', (shell, setup) => {
  test('completes commands, flags, choices and files', () => {
    const type = join(import.meta.dirname, 'type.py');
    const { stdout } = execaSync('python3', [type, shell, setup], {
      cwd: scene(shell),
      env: { ...BARE, TERM: 'dumb', PS1: '> ' },
      extendEnv: false,
      input: TYPED.map(([typed]) => `${typed}\n`).join(''),
      stripFinalNewline: true,
    });
    const seen = stdout.split('\n').map((line) => line.trimEnd());
    // zsh writes = behind a flag that has a value; bash, a blank.
    const expected = TYPED.map(([, line]) => line.trimEnd());
    expect(seen.map((line) => line.replace(/--every=$/, '--every'))).toEqual(expected);
  });
});

describe('bash', () => {
  test('offers in each place what the command tree has there', () => {
    const ask = places.map(({ path }) => `ask ${path.join(' ')}`).join('\n');
    const program = `source ./script
      ask() {
        local flags
        COMP_WORDS=(papyra "$@" --); COMP_CWORD=$(($# + 1)); _papyra; flags=\${COMPREPLY[*]}
        COMP_WORDS=(papyra "$@" ''); _papyra; echo "$flags|\${COMPREPLY[*]}"
      }
      compopt() { :; }
      ${ask}`;
    const { stdout } = execaSync('bash', ['-c', program], { cwd: scene('bash') });
    const offered = stdout.split('\n').map((line) => line.split('|').map((part) => part.split(' ').filter(Boolean))); // prettier-ignore
    expect(offered).toEqual(
      places.map((place) => [
        longFlags(place),
        place.operand?.kind === 'choice'
          ? place.operand.words
          : place.commands.map(({ name }) => name),
      ]),
    );
  });
});

describe('fish', () => {
  /** What fish offers behind each of the lines, without descriptions. */
  function offered(lines: string[]): string[][] {
    const program = lines.map((line) => `complete -C '${line}'; echo ==`).join('\n');
    const { stdout } = execaSync('fish', ['--no-config', '-c', `source ./script\n${program}`], {
      cwd: scene('fish'),
      env: { ...BARE, HOME: tempDirectory() },
      extendEnv: false,
    });
    return stdout
      .split(/^==\n?/m)
      .slice(0, -1)
      .map((answer) =>
        answer
          .split('\n')
          .filter(Boolean)
          .map((line) => line.split('\t')[0]!),
      );
  }

  test('offers in each place what the command tree has there', () => {
    const flagged = places.filter(({ globalFlags, path }) => path.length === 0 || globalFlags.length > 0); // prettier-ignore
    const line = ({ path }: (typeof places)[number]) => ['papyra', ...path].join(' ');
    const flags = offered(flagged.map((place) => `${line(place)} --`));
    expect(flags.map((words) => words.sort())).toEqual(
      flagged.map((place) => longFlags(place).sort()),
    );
    const commands = offered(places.map((place) => `${line(place)} `));
    expect(commands.map((words) => words.sort())).toEqual(
      places.map(({ commands: children, operand }) => {
        if (operand?.kind === 'choice') return [...operand.words].sort();
        if (operand?.kind === 'file') return ['my folder/', 'my log.ndjson', 'script'];
        return children.map(({ name }) => name).sort();
      }),
    );
  });

  test('completes choices and files, and skips the values of flags', () => {
    expect(
      offered([
        'papyra --config metrics schedule k',
        'papyra persistence compact --unreadable ',
        'papyra persistence compact --color=al',
        'papyra persistence compact --path my',
        'papyra persistence compact --archive my',
        'papyra persistence compact --max-age m',
        'papyra persistence compact m',
      ]),
    ).toEqual([
      ['kubernetes'],
      ['drop', 'fail', 'keep'],
      ['--color=always'],
      ['my folder/', 'my log.ndjson'],
      ['my folder/'],
      [],
      [],
    ]);
  });
});

describe('papyra completion', () => {
  test('another shell is wrong usage, with those that there are', async () => {
    const run = await papyra(['completion', 'tcsh']);
    expect(run).toMatchObject({ code: 64, stdout: '' });
    expect(run.stderr).toContain('bash, zsh, fish');
  });

  test('--json has the script, --quiet nothing', async () => {
    const json = await papyra(['completion', 'fish', '--json']);
    expect(JSON.parse(json.stdout)).toEqual({
      schema: 'papyra.completion/v1',
      shell: 'fish',
      script: scripts['fish'],
    });
    expect((await papyra(['completion', 'fish', '--quiet'])).stdout).toBe('');
  });
});
