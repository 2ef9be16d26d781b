// Plays one world with real processes, and judges it.
import { execa } from 'execa';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allowed, type Circumstances } from './allowed.js';
import { Actor, nowNs, PapyraRun, type RunResult, type Writer } from './actors.js';
import { copytruncate, emptyDisk, fillDisk, move, truncate } from './intruders.js';
import { openRedisStage, type RedisStage } from './redis-stage.js';
import { filesIn, linesOf, openFileStage, type FileStage, type Stage } from './stage.js';
import { keyOf } from './told.js';
import { judge, parsed } from './verdict.js';
import type { Fate, RunPlan, Step, World, WriterPlan } from './world.js';

export interface Outcome {
  /** What is wrong, in words; none if all is well. */
  faults: string[];
  records: number;
  runs: number;
  kills: number;
  stops: number;
  signals: number;
  codes: Record<string, number>;
}

const DAY = 86_400;

export async function play(world: World): Promise<Outcome> {
  const game = new Game(world);
  try {
    await game.open();
    for (const step of world.steps) await game.step(step);
    await game.end();
  } finally {
    await game.close();
  }
  return game.outcome;
}

class Game {
  readonly outcome: Outcome = { faults: [], records: 0, runs: 0, kills: 0, stops: 0, signals: 0, codes: {} }; // prettier-ignore
  #files: FileStage | undefined;
  #redis: RedisStage | undefined;
  #stage!: Stage;
  readonly #writers: Writer[] = [];
  readonly #aside = new Set<Promise<void>>();
  readonly #actors: Actor[] = [];
  readonly #others: { kill: (signal: 'SIGKILL') => boolean }[] = [];
  readonly #runs: { from: number; to: number }[] = [];
  readonly #removed = { keys: new Set<string>(), before: -Infinity };
  readonly #so: Circumstances;
  #cutoff = -Infinity;
  #usualMs = 350;
  #number = 0;

  constructor(readonly world: World) {
    const busy = world.writers.length > 0 || world.backend === 'rotating';
    this.#so = { world, busy, full: false, moved: false, intruded: false, repaired: false, restarted: false }; // prettier-ignore
  }

  async open(): Promise<void> {
    if (this.world.backend === 'redis')
      this.#stage = this.#redis = await openRedisStage(this.world); // prettier-ignore
    else this.#stage = this.#files = openFileStage(this.world);
    for (const writer of this.world.writers) await this.#startWriter(writer);
  }

  async step(step: Step): Promise<void> {
    this.#number += 1;
    switch (step.kind) {
      case 'wait':
        return sleep(step.ms).then(() => undefined);
      case 'run':
        return this.#run(step);
      case 'writer starts':
        this.#so.busy = true;
        return this.#startWriter(step.writer);
      case 'writer killed':
        return this.#writers[step.which]?.stop('SIGKILL');
      case 'writer stopped':
        return this.#stopForAWhile(this.#writers[step.which]?.actor, step.ms);
      case 'server restarts':
        this.#so.restarted = true;
        return this.#redis?.restart();
      case 'reader':
        return this.#startReader();
      default:
        return this.#intrude(step);
    }
  }

  #intrude(step: Step): void {
    const files = this.#files!;
    switch (step.kind) {
      case 'disk fills':
        this.#so.full = true;
        fillDisk(files, step.leave);
        return;
      case 'disk has room again':
        emptyDisk(files);
        return;
      case 'truncate':
      case 'copytruncate':
        this.#so.intruded = true;
        this.#cut(step.frozen, () => step.kind === 'truncate' ? truncate(files) : copytruncate(files, this.#number)); // prettier-ignore
        return;
      case 'move':
        this.#so.moved = this.#so.intruded = true;
        move(files, this.#number);
    }
  }

  /** Frozen: nobody else does anything meanwhile, so what was read before is what was removed. */
  #cut(frozen: boolean, cut: () => string[]): void {
    const actors = frozen ? this.#actors.filter(({ over }) => !over) : [];
    for (const actor of actors) actor.hold();
    for (const actor of actors) actor.awaitStill();
    for (const line of cut()) {
      const record = parsed(line);
      if (record) this.#removed.keys.add(keyOf(record));
    }
    if (!frozen) this.#removed.before = nowNs();
    for (const actor of actors) actor.release();
  }

  async #startWriter(plan: WriterPlan): Promise<void> {
    const writer = await this.#stage.startWriter(plan);
    this.#writers.push(writer);
    if (writer.actor) this.#actors.push(writer.actor);
  }

  #stopForAWhile(actor: Actor | undefined, ms: number): void {
    if (!actor) return;
    this.outcome.stops += 1;
    actor.hold();
    const later = sleep(ms).then(() => actor.release());
    this.#aside.add(later);
    void later.then(() => this.#aside.delete(later));
  }

  #startReader(): void {
    const reader = execa('tail', ['-F', this.#files!.path], { reject: false, buffer: false, stdio: 'ignore' }); // prettier-ignore
    this.#others.push(reader);
  }

  async #run(plan: RunPlan): Promise<void> {
    const args = this.#args(plan);
    this.#so.repaired ||= plan.command === 'recover';
    if (plan.aside) this.#so.busy = true;
    const run = this.#start(args, plan.clockDays, plan.fate);
    const done = run.done.then((result) => this.#note(plan, result));
    if (!plan.aside) return done;
    this.#aside.add(done);
    void done.then(() => this.#aside.delete(done));
  }

  #start(args: string[], clockDays: number, fate: Fate): PapyraRun {
    const run = new PapyraRun(args, { clockDays, fate, usualMs: this.#usualMs });
    this.#actors.push(run.actor);
    this.outcome.runs += 1;
    if (fate.kind === 'stopped') this.outcome.stops += 1;
    return run;
  }

  #note(plan: RunPlan, result: RunResult): void {
    const { code, signal, stderr, hung, ms } = result;
    const word = `${plan.command} ${code ?? signal ?? ''}`;
    this.outcome.codes[word] = (this.outcome.codes[word] ?? 0) + 1;
    this.#runs.push(result);
    if (signal === 'SIGKILL') this.outcome.kills += 1;
    if (plan.fate.kind === 'signalled') this.outcome.signals += 1;
    if (plan.fate.kind === 'ends' && plan.command === 'compact' && !plan.flags.includes('--limit-rate')) this.#usualMs = ms; // prettier-ignore
    const killed = plan.fate.kind === 'killed' && signal === 'SIGKILL';
    // A signal may come before papyra has begun to listen: it has done nothing yet.
    const early = plan.fate.kind === 'signalled' && signal === plan.fate.signal;
    if (hung) this.outcome.faults.push(`a run hung: ${JSON.stringify(plan)}`);
    else if (!killed && !early && !allowed(plan, code, this.#so))
      this.outcome.faults.push(`exit ${code ?? signal} of ${JSON.stringify(plan)}: ${stderr}`);
    this.#mayHaveDropped(plan, code);
  }

  /** A run that refused has dropped nothing; every other one by its own clock. */
  #mayHaveDropped({ command, clockDays }: RunPlan, code: number | undefined): void {
    if (code !== undefined && [64, 65, 66, 70, 77, 78].includes(code)) return;
    const now = Date.now() / 1000 + clockDays * DAY;
    const { maxAgeDays } = this.world.policy;
    if (command === 'compact' && maxAgeDays) this.#cutoff = Math.max(this.#cutoff, now - maxAgeDays * DAY); // prettier-ignore
    if (command === 'free') this.#cutoff = Math.max(this.#cutoff, now - 3600);
  }

  #args({ command, flags }: RunPlan): string[] {
    const { policy, inPlace, archive } = this.world;
    const store = this.#stage.flags;
    const limits: string[] = [];
    if (policy.maxAgeDays) limits.push('--max-age', `${policy.maxAgeDays}d`);
    if (policy.maxRecords) limits.push('--max-records', `${policy.maxRecords}`);
    if (policy.maxTotalBytes) limits.push('--max-total-bytes', `${policy.maxTotalBytes}`);
    const way = [...(inPlace ? ['--in-place'] : []), ...(archive ? ['--archive', this.#archive] : [])]; // prettier-ignore
    const compact = ['persistence', 'compact', '--json', ...store];
    switch (command) {
      case 'compact':
        return [...compact, ...limits, ...way, ...flags];
      case 'dry-run':
        return [...compact, '--dry-run', ...limits, ...way];
      case 'free':
        return [...compact, ...flags];
      case 'doctor':
        return ['doctor', '--json', ...store];
      case 'inspect':
        return ['inspect', 'events', '--limit', '5', ...store];
      default:
        return ['persistence', command, '--json', ...store];
    }
  }

  get #archive(): string {
    return join(this.#files!.outside, 'archive');
  }

  /** Everything comes to rest; one clean run; then it is judged. */
  async end(): Promise<void> {
    for (const writer of this.#writers) {
      if (!writer.actor?.over) await writer.stop('SIGTERM');
    }
    await Promise.all(this.#aside);
    for (const other of this.#others.splice(0)) other.kill('SIGKILL');
    if (this.#files) emptyDisk(this.#files);
    const there = this.#files === undefined || existsSync(this.#files.path);
    const kept = await this.#lastRun();
    const stage = this.#stage;
    const told = [...stage.past, ...this.#writers.flatMap((writer) => writer.told())];
    const log = await stage.lines();
    this.outcome.records = told.length;
    const left = stage.leftovers();
    if (there && left.length > 0) this.outcome.faults.push(`left over: ${left.join(', ')}`);
    const short = told.filter(({ state }) => state === 'short').length;
    const killed = this.#writers.filter((writer) => writer.killed);
    const verdict = judge({
      told,
      killed: new Set(killed.map(({ id }) => id)),
      log,
      elsewhere: [...this.#elsewhere(), ...kept],
      ...(await this.#archived()),
      policy: this.world.policy,
      runs: this.#runs,
      cutoff: this.#cutoff,
      removed: this.#removed,
      unreadable: stage.unreadable,
      repaired: this.#so.repaired || this.#so.intruded,
      // Where the disk was full, lines that came late may have been cut short, too, and then come again.
      tornAllowed: killed.length + (this.#so.full ? short + 20 : 0),
    });
    for (const what of ['lost', 'twice', 'torn', 'displaced'] as const) {
      const found = verdict[what];
      if (found.length > 0) this.outcome.faults.push(`${found.length} ${what}: ${found.slice(0, 3).join('; ')}`); // prettier-ignore
    }
    await this.#assertExpiredIsGone(log);
  }

  #lastPlan = (flags: string[]): RunPlan => ({ command: 'compact', flags, clockDays: 0, fate: { kind: 'ends' }, aside: false }); // prettier-ignore

  /** As an operator does: one run, and where another tool replaced the log, once more as its message says. */
  async #lastRun(): Promise<string[]> {
    const flags = ['--allow-empty', '--max-drop', '100%', '--lock-wait', '20s'];
    if (this.world.backend === 'rotating') flags.push('--offline');
    const { inPlace, place } = this.world;
    const cannot = inPlace && ['tmpfs', 'btrfs'].includes(place);
    const plan = this.#lastPlan(flags);
    const args = this.#args(plan).filter((word) => !(cannot && word === '--in-place'));
    const clean = async () => {
      const result = await this.#start(args, 0, plan.fate).done;
      this.#runs.push(result);
      this.#mayHaveDropped(plan, result.code);
      return result;
    };
    let result = await clean();
    const kept: string[] = [];
    if (
      this.#so.moved &&
      result.code === 75 &&
      /was replaced by another process/.test(result.stderr)
    ) {
      // prettier-ignore
      kept.push(...this.#moveOursAway());
      result = await clean();
    }
    const gone = this.#so.moved && result.code === 66;
    if (gone) kept.push(...this.#moveOursAway());
    else if (result.code !== 0) this.outcome.faults.push(`exit ${result.code} of the last run: ${result.stderr}`); // prettier-ignore
    return kept;
  }

  #moveOursAway(): string[] {
    const { path, aside } = this.#files!;
    const lines: string[] = [];
    for (const name of this.#stage.leftovers()) {
      const file = join(dirname(path), name);
      const to = join(aside, `ours.${basename(name)}`);
      renameSync(file, to);
      if (!/\.(tmp|intent)/.test(name)) lines.push(...readFileSync(to, 'latin1').split('\n'));
    }
    return lines;
  }

  #elsewhere(): string[] {
    if (!this.#files) return [];
    const { aside, outside } = this.#files;
    const copies = filesIn(outside).filter((file) => basename(file).startsWith('copy.'));
    const moved = filesIn(aside).filter((file) => basename(file).startsWith('moved.'));
    return [...copies, ...moved].flatMap(linesOf);
  }

  async #archived(): Promise<{ archived?: string[] }> {
    if (!this.world.archive) return {};
    // Nothing was dropped.
    if (!filesIn(this.#archive).some((file) => file.endsWith('.gz'))) return { archived: [] };
    const to = join(this.#files!.outside, 'restored');
    const from = ['--archive', this.#archive];
    for (const args of [
      ['verify', ...from],
      ['restore', ...from, '--to', to],
    ]) {
      const { code, stderr } = await this.#start(['archive', ...args], 0, { kind: 'ends' }).done;
      if (code !== 0) this.outcome.faults.push(`exit ${code} of archive ${args[0]}: ${stderr}`);
    }
    return { archived: existsSync(to) ? linesOf(to) : [] };
  }

  /** Where the log was rewritten by age, nothing that has expired is left. */
  #assertExpiredIsGone(log: string[]): void {
    const { policy, inPlace, backend } = this.world;
    if (!policy.maxAgeDays || inPlace || backend === 'redis' || this.outcome.faults.length > 0) return; // prettier-ignore
    if (this.#so.moved) return;
    const cutoff = Date.now() / 1000 - policy.maxAgeDays * DAY - 60;
    const stale = log.filter((line) => (parsed(line)?.timestamp ?? cutoff) < cutoff);
    if (stale.length > 0) this.outcome.faults.push(`${stale.length} expired records are left: ${stale[0]!.slice(0, 90)}`); // prettier-ignore
  }

  async close(): Promise<void> {
    for (const other of this.#others) other.kill('SIGKILL');
    for (const actor of this.#actors) if (!actor.over) actor.child.kill('SIGKILL');
    await Promise.all(this.#actors.map(({ child }) => child));
    await Promise.all(this.#aside);
    for (const writer of this.#writers) await writer.stop('SIGKILL').catch(() => undefined);
    await this.#stage?.close();
  }
}
