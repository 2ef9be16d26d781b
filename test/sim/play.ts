// Plays one world with real processes, and judges it.
import { execa } from 'execa';
import { setTimeout as sleep } from 'node:timers/promises';
import { Actor, nowNs, PapyraRun, type RunResult, type Writer } from './actors.js';
import { allowed, type Circumstances } from './allowed.js';
import { argsOf } from './command-line.js';
import { end } from './ending.js';
import { copytruncate, emptyDisk, fillDisk, move, truncate } from './intruders.js';
import { openRedisStage, type RedisStage } from './redis-stage.js';
import { openFileStage, type FileStage, type Stage } from './stage.js';
import { keyOf } from './told.js';
import { lastOn } from './verdict.js';
import type { RunPlan, Step, World, WriterPlan } from './world.js';

/** What was tried. */
export interface Played {
  records: number;
  runs: number;
  kills: number;
  stops: number;
  signals: number;
  codes: Record<string, number>;
}

export interface Outcome extends Played {
  /** What is wrong, in words; none if all is well. */
  faults: string[];
}

const DAY = 86_400;

export async function play(world: World): Promise<Outcome> {
  const game = new Game(world);
  try {
    await game.open();
    for (const step of world.steps) await game.step(step);
    await end(game);
  } finally {
    await game.close();
  }
  return game.outcome;
}

/** A world while it is played. */
export class Game {
  readonly outcome: Outcome = { faults: [], records: 0, runs: 0, kills: 0, stops: 0, signals: 0, codes: {} }; // prettier-ignore
  files: FileStage | undefined;
  #redis: RedisStage | undefined;
  stage!: Stage;
  readonly writers: Writer[] = [];
  readonly #aside = new Set<Promise<void>>();
  readonly #actors: Actor[] = [];
  readonly #others: { kill: (signal: 'SIGKILL') => boolean }[] = [];
  readonly runs: { from: number; to: number }[] = [];
  readonly removed = { keys: new Set<string>(), before: -Infinity };
  readonly so: Circumstances;
  cutoff = -Infinity;
  #usualMs = 350;
  #number = 0;

  constructor(readonly world: World) {
    const busy = world.writers.length > 0 || world.backend === 'rotating';
    this.so = { world, busy, full: false, moved: false, intruded: false, repaired: false, restarted: false }; // prettier-ignore
  }

  async open(): Promise<void> {
    if (this.world.backend === 'redis')
      this.stage = this.#redis = await openRedisStage(this.world); // prettier-ignore
    else this.stage = this.files = openFileStage(this.world);
    for (const writer of this.world.writers) await this.#startWriter(writer);
  }

  async step(step: Step): Promise<void> {
    this.#number += 1;
    switch (step.kind) {
      case 'wait':
        await sleep(step.ms);
        break;
      case 'run':
        await this.#run(step);
        break;
      case 'writer starts':
        this.so.busy = true;
        await this.#startWriter(step.writer);
        break;
      case 'writer killed':
        await this.writers[step.which]?.stop('SIGKILL');
        break;
      case 'writer stopped':
        this.#stopForAWhile(this.writers[step.which]?.actor, step.ms);
        break;
      case 'server restarts':
        this.so.restarted = true;
        await this.#redis?.restart();
        break;
      default:
        this.#intrude(step);
    }
  }

  #intrude(step: Step): void {
    const files = this.files!;
    switch (step.kind) {
      case 'disk fills':
        this.so.full = true;
        fillDisk(files, step.leave);
        return;
      case 'disk has room again':
        emptyDisk(files);
        return;
      case 'truncate':
      case 'copytruncate':
        this.so.intruded = true;
        this.#cut(step.frozen, () => step.kind === 'truncate' ? truncate(files) : copytruncate(files, this.#number)); // prettier-ignore
        return;
      case 'reader':
        this.#startReader();
        return;
      case 'move':
        this.so.moved = this.so.intruded = true;
        move(files, this.#number);
    }
  }

  /** Frozen: nobody else does anything meanwhile, so what was read before is what was removed. */
  #cut(frozen: boolean, cut: () => string[]): void {
    const actors = frozen ? this.#actors.filter(({ over }) => !over) : [];
    for (const actor of actors) actor.hold();
    for (const actor of actors) actor.awaitStill();
    for (const line of cut()) {
      const record = lastOn(line);
      if (record) this.removed.keys.add(keyOf(record));
    }
    if (!frozen) this.removed.before = nowNs();
    for (const actor of actors) actor.release();
  }

  async #startWriter(plan: WriterPlan): Promise<void> {
    const writer = await this.stage.startWriter(plan);
    this.writers.push(writer);
    if (writer.actor) this.#actors.push(writer.actor);
  }

  #stopForAWhile(actor: Actor | undefined, ms: number): void {
    if (!actor) return;
    this.outcome.stops += 1;
    actor.hold();
    this.#later(sleep(ms).then(() => actor.release()));
  }

  #startReader(): void {
    const reader = execa('tail', ['-F', this.files!.path], { reject: false, buffer: false, stdio: 'ignore' }); // prettier-ignore
    this.#others.push(reader);
  }

  async #run(plan: RunPlan): Promise<void> {
    this.so.repaired ||= plan.command === 'recover';
    if (plan.aside) this.so.busy = true;
    const run = this.start(argsOf(plan, this.world, this), plan);
    const done = run.done.then((result) => this.#note(plan, result));
    if (plan.aside) this.#later(done);
    else await done;
  }

  start = (
    args: string[],
    { clockDays = 0, fate }: Pick<RunPlan, 'fate'> & Partial<RunPlan>,
  ): PapyraRun => {
    // prettier-ignore
    const run = new PapyraRun(args, { clockDays, fate, usualMs: this.#usualMs });
    this.#actors.push(run.actor);
    this.outcome.runs += 1;
    if (fate.kind === 'stopped') this.outcome.stops += 1;
    return run;
  };

  #note(plan: RunPlan, result: RunResult): void {
    const { code, signal, stderr, hung, ms } = result;
    const { outcome, so } = this;
    const { command, flags, fate } = plan;
    const word = `${command} ${code ?? signal ?? ''}`;
    outcome.codes[word] = (outcome.codes[word] ?? 0) + 1;
    if (signal === 'SIGKILL') outcome.kills += 1;
    if (fate.kind === 'signalled') outcome.signals += 1;
    if (fate.kind === 'ends' && command === 'compact' && !flags.includes('--limit-rate'))
      this.#usualMs = ms;
    const killed = fate.kind === 'killed' && signal === 'SIGKILL';
    // A signal may come before papyra has begun to listen: it has done nothing yet.
    const early = fate.kind === 'signalled' && signal === fate.signal;
    if (hung) outcome.faults.push(`a run hung: ${JSON.stringify(plan)}`);
    else if (!killed && !early && !allowed(plan, code, so))
      outcome.faults.push(`exit ${code ?? signal} of ${JSON.stringify(plan)}: ${stderr}`);
    this.mayHaveDropped(plan, result);
  }

  /** A run that refused has dropped nothing; every other one by its own clock. */
  mayHaveDropped({ command, flags, clockDays }: RunPlan, { code, from, to }: RunResult): void {
    this.runs.push({ from, to });
    if (code !== undefined && [64, 65, 66, 70, 77, 78].includes(code)) return;
    const now = Date.now() / 1000 + clockDays * DAY;
    const { maxAgeDays } = this.world.policy;
    if (['compact', 'watch'].includes(command) && maxAgeDays) this.cutoff = Math.max(this.cutoff, now - maxAgeDays * DAY); // prettier-ignore
    if (command === 'free' || flags.includes('--min-free'))
      this.cutoff = Math.max(this.cutoff, now - 3600);
  }

  #later(doing: Promise<void>): void {
    this.#aside.add(doing);
    void doing.then(() => this.#aside.delete(doing));
  }

  /** Writers and readers end, and every run that is still at work. */
  async rest(): Promise<void> {
    for (const writer of this.writers) if (!writer.actor?.over) await writer.stop('SIGTERM');
    await Promise.all(this.#aside);
    for (const other of this.#others.splice(0)) other.kill('SIGKILL');
  }

  async close(): Promise<void> {
    for (const other of this.#others) other.kill('SIGKILL');
    for (const actor of this.#actors) if (!actor.over) actor.child.kill('SIGKILL');
    await Promise.all(this.#actors.map(({ child }) => child));
    await Promise.all(this.#aside);
    for (const writer of this.writers) await writer.stop('SIGKILL').catch(() => undefined);
    await (this.files ?? this.#redis)?.close();
  }
}
