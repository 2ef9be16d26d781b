// The end of a world: everything comes to rest, one clean run, and the judgement.
import { existsSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { archiveOf, argsOf } from './command-line.js';
import { emptyDisk } from './intruders.js';
import type { Game } from './play.js';
import { filesIn, linesOf, type FileStage } from './stage.js';
import { judge, parsed } from './verdict.js';
import type { RunPlan } from './world.js';

const DAY = 86_400;

export async function end(game: Game): Promise<void> {
  await game.rest();
  if (game.files) emptyDisk(game.files);
  const kept = await lastRun(game);
  const { stage, writers, outcome, so, world } = game;
  const told = [...stage.past, ...writers.flatMap((writer) => writer.told())];
  outcome.records = told.length;
  const left = stage.leftovers();
  if (left.length > 0) outcome.faults.push(`left over: ${left.join(', ')}`);
  const log = await stage.lines();
  const short = told.filter(({ state }) => state === 'short').length;
  const killed = writers.filter((writer) => writer.killed);
  const verdict = judge({
    told,
    killed: new Set(killed.map(({ id }) => id)),
    log,
    elsewhere: [...(game.files ? elsewhere(game.files) : []), ...kept],
    ...(await archived(game)),
    policy: world.policy,
    runs: game.runs,
    cutoff: game.cutoff,
    removed: game.removed,
    unreadable: stage.unreadable,
    repaired: so.repaired || so.intruded,
    // Where the disk was full, lines that came late may have been cut short, too, and then come again.
    tornAllowed: killed.length + (so.full ? short + 20 : 0),
  });
  for (const what of ['lost', 'twice', 'torn', 'displaced'] as const) {
    const found = verdict[what];
    if (found.length > 0) outcome.faults.push(`${found.length} ${what}: ${found.slice(0, 3).join('; ')}`); // prettier-ignore
  }
  if (outcome.faults.length === 0) assertExpiredIsGone(game, log);
}

/** As an operator does: one run, and where another tool replaced the log, once more as its message says. */
async function lastRun(game: Game): Promise<string[]> {
  const { world, so, outcome } = game;
  const flags = ['--allow-empty', '--max-drop', '100%', '--lock-wait', '20s'];
  if (world.backend === 'rotating' && !world.offline) flags.push('--offline');
  const cannot = world.inPlace && ['tmpfs', 'btrfs'].includes(world.place);
  const plan: RunPlan = { command: 'compact', flags, clockDays: 0, fate: { kind: 'ends' }, aside: false }; // prettier-ignore
  const args = argsOf(plan, { ...world, inPlace: world.inPlace && !cannot }, game);
  const clean = async () => {
    const result = await game.start(args, plan).done;
    game.mayHaveDropped(plan, result);
    return result;
  };
  let { code, stderr } = await clean();
  const kept: string[] = [];
  if (so.moved && code === 75 && stderr.includes('was replaced by another process')) {
    kept.push(...moveOursAway(game));
    ({ code, stderr } = await clean());
  }
  if (so.moved && code === 66) kept.push(...moveOursAway(game));
  else if (code !== 0) outcome.faults.push(`exit ${code} of the last run: ${stderr}`);
  return kept;
}

/** Returns the lines of the files that may hold records. */
function moveOursAway({ files, stage }: Game): string[] {
  const lines: string[] = [];
  for (const name of stage.leftovers()) {
    const to = join(files!.aside, `ours.${name}`);
    renameSync(join(dirname(files!.path), name), to);
    if (!/\.(?:tmp|intent)/.test(name)) lines.push(...linesOf(to));
  }
  return lines;
}

function elsewhere({ aside, outside }: FileStage): string[] {
  const copies = filesIn(outside).filter((file) => basename(file).startsWith('copy.'));
  const moved = filesIn(aside).filter((file) => basename(file).startsWith('moved.'));
  return [...copies, ...moved].flatMap(linesOf);
}

async function archived({ world, files, outcome, start }: Game): Promise<{ archived?: string[] }> {
  if (!world.archive || !files) return {};
  const archive = archiveOf(files);
  // Nothing was dropped.
  if (!filesIn(archive).some((file) => file.endsWith('.gz'))) return { archived: [] };
  const to = join(files.outside, 'restored');
  const from = ['--archive', archive];
  for (const args of [
    ['verify', ...from],
    ['restore', ...from, '--to', to],
  ]) {
    const { code, stderr } = await start(['archive', ...args], { fate: { kind: 'ends' } }).done;
    if (code !== 0) outcome.faults.push(`exit ${code} of archive ${args[0]}: ${stderr}`);
  }
  return { archived: existsSync(to) ? linesOf(to) : [] };
}

/** Where the log was rewritten by age, nothing that has expired is left. */
function assertExpiredIsGone({ world, so, outcome }: Game, log: string[]): void {
  const { policy, inPlace, backend } = world;
  if (!policy.maxAgeDays || inPlace || backend === 'redis' || so.moved) return;
  const cutoff = Date.now() / 1000 - policy.maxAgeDays * DAY - 60;
  const stale = log.filter((line) => (parsed(line)?.timestamp ?? cutoff) < cutoff);
  if (stale.length > 0) outcome.faults.push(`${stale.length} expired records are left: ${stale[0]!.slice(0, 90)}`); // prettier-ignore
}
