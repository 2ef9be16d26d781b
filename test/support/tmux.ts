import { execa } from 'execa';
import { randomUUID } from 'node:crypto';
import { BARE, PAPYRA } from './papyra.js';

const END = '----8<----';

/** What a terminal of 80 columns shows of some runs of papyra. */
export interface Screen {
  /** The lines as one sees them. */
  lines: string[];
  /** As they were written: a line that did not fit is one here, and several there. */
  written: string[];
  /** With the escape codes of colours. */
  colored: string;
}

/** Runs papyra in a terminal of 80 columns, once for each list of arguments. */
export async function screens(runs: string[][], flags: string[] = []): Promise<Screen[]> {
  const socket = `papyra-${randomUUID()}`;
  const env = { ...BARE, LC_ALL: 'C.UTF-8' };
  const tmux = (...args: string[]) =>
    execa('tmux', ['-L', socket, '-f', '/dev/null', ...args], { env, extendEnv: false });
  const commands = runs.map((args) => `${shellWords([process.execPath, PAPYRA, ...flags, ...args])}; echo '${END}'`); // prettier-ignore
  const script = `cd /; ${commands.join('; ')}; tmux -L ${socket} wait-for -S done; exec sleep 60`;
  try {
    await tmux('new-session', '-d', '-x', '80', '-y', '2000', script);
    await tmux('wait-for', 'done');
    const [seen, joined, colored] = await Promise.all(
      [[], ['-J'], ['-e']].map(async (how) => (await tmux('capture-pane', '-p', ...how)).stdout),
    );
    const [lines, written] = [seen!, joined!].map((text) => text.split(END).map(linesOf));
    return runs.map((_run, at) => ({
      lines: lines![at]!,
      written: written![at]!,
      colored: colored!.split(END)[at]!,
    }));
  } finally {
    await tmux('kill-server');
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trimEnd());
}

function shellWords(words: string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}
