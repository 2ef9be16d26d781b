// Puts states on a disk, each in a place of its own, has papyra run there, and gives back what became of them.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { lutimesSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BARE, papyra, ROOT } from '../support/papyra.js';
import {
  identityAt,
  namesOf,
  readImage,
  writeImage,
  type Identity,
  type Inode,
  type Named,
} from './image.js';
import type { Outcome, Task } from './runner.js';

/** So many runs wait for each other's pauses. */
const PLACES = 12;

/** All places have paths of one length: in files that hold one, another can stand in its place. */
export const placeName = (number: number): string => `s${String(number).padStart(2, '0')}`;

/** What a run left, and what it said. */
export interface After {
  names: Named[];
  outcome: Outcome;
  /** The state in which it began. */
  given: readonly Named[];
  /** What later tasks left, and said. */
  later: { names: Named[]; outcome: Outcome }[];
}

/** What runs in a state. */
export interface Work {
  task: (root: string) => Task;
  command: (root: string) => string[];
  later?: (root: string) => Task[];
}

/** The process in which the library works; one is enough for all places. */
export class Runner {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, { resolve: (outcome: Outcome) => void; reject: (error: Error) => void }>(); // prettier-ignore
  #number = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ number, outcome, error }: { number: number; outcome?: Outcome; error?: string }) => {
      const asked = this.#asked.get(number);
      this.#asked.delete(number);
      if (outcome) asked?.resolve(outcome);
      else asked?.reject(new Error(error));
    }); // prettier-ignore
    child.on('exit', (code) => {
      for (const { reject } of this.#asked.values()) reject(new Error(`the runner ended: ${code}`));
    });
  }

  static async start(): Promise<Runner> {
    const runner = fileURLToPath(new URL('runner.ts', import.meta.url));
    const child = fork(runner, { execArgv: ['--import', 'tsx'], cwd: ROOT, env: BARE });
    await once(child, 'message');
    return new Runner(child);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }

  ask(task: Task): Promise<Outcome> {
    const number = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject });
      this.#child.send({ number, task });
    });
  }
}

export class Pool {
  readonly directory: string;
  readonly #runner: Runner;
  readonly #free = Array.from({ length: PLACES }, (_, place) => placeName(place + 1));
  readonly #waiting: ((place: string) => void)[] = [];

  /** `on`: a directory of the file system in which the states are to be. */
  constructor(on: string, runner: Runner) {
    this.directory = mkdtempSync(join(on, 'power-'));
    this.#runner = runner;
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Where a run is recorded. */
  get root(): string {
    return join(this.directory, placeName(0));
  }

  /** Waits until a place is free. */
  async run(
    given: readonly Named[],
    { task, command, later }: Work,
    asProcess: boolean,
  ): Promise<After> {
    const place = this.#free.pop() ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve))); // prettier-ignore
    const root = join(this.directory, place);
    try {
      this.#put(root, given);
      const outcome = asProcess
        ? await runBinary(command(root))
        : await this.#runner.ask(task(root));
      const after: After = { names: namesOf(readImage(root)), outcome, given, later: [] };
      for (const next of later?.(root) ?? []) {
        const said = await this.#runner.ask(next);
        after.later.push({ names: namesOf(readImage(root)), outcome: said });
      }
      return after;
    } finally {
      rmSync(root, { recursive: true, force: true });
      const next = this.#waiting.shift();
      if (next) next(place);
      else this.#free.push(place);
    }
  }

  /** What names a file by its inode, or the place, names those of this place. */
  #put(root: string, names: readonly Named[]): void {
    const identities = names.flatMap(({ inode, node }) => (node.identity ? [{ inode, ...node.identity }] : [])); // prettier-ignore
    const mayName = ({ path, node }: Named) => node.kind === 'link' || path.includes('/.papyra/') || path.endsWith('config.json'); // prettier-ignore
    const contentOf = (named: Named, done: ReadonlyMap<Inode, string>): Buffer => {
      const { node } = named;
      if (!mayName(named)) return node.content;
      let text = node.content.toString('latin1').replaceAll(this.root, root);
      for (const { inode, number, born } of identities) {
        const file = done.get(inode);
        if (file === undefined) continue;
        const now = identityAt(file);
        text = text.replace(...intents({ number, born }, now)).replace(...indexes({ number, born }, now)); // prettier-ignore
      }
      return Buffer.from(text, 'latin1');
    };
    writeImage(root, names, contentOf, mayName);
    // The power was away for a while.
    const before = Date.now() / 1000 - 300;
    for (const { path } of names) lutimesSync(join(root, path), before, before);
  }
}

const short = ({ number, born }: Identity): string => `${number.toString(36)}.${born.toString(36)}`;
const intents = (old: Identity, now: Identity): [string, string] => [short(old), short(now)];
const indexed = ({ number, born }: Identity): string => `"inode":"${number}","born":${born},`;
const indexes = (old: Identity, now: Identity): [string, string] => [indexed(old), indexed(now)];

async function runBinary(args: string[]): Promise<Outcome> {
  const outcome: Outcome = { runs: [], warnings: [], archives: [] };
  for (let run = 0; run < 3; run++) {
    const { code, stderr } = await papyra(args);
    if (code !== 0) {
      outcome.runs.push({ code: String(code), message: stderr });
      continue;
    }
    outcome.runs.push(null);
    outcome.warnings = stderr.split('\n');
    break;
  }
  return outcome;
}
