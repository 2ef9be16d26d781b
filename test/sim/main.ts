// Plays worlds and fails the power, from seeds:
//
//   npm run sim -- --seed N                        one world again
//   npm run sim -- --seed N --steps 0,2,5          of its steps only these
//   npm run sim -- --seed N --disk                 one recorded disk, and power failures of it; [--system NAME]
//   npm run sim -- --recording DIRECTORY --cut N   one power failure of a recording again, to the bit
//   npm run sim -- --hours N [--ledger]            worlds and disks until the time is over; --ledger writes it down
import { parseArgs } from 'node:util';
import { systemOf } from '../disk/disk.js';
import { againFrom } from '../disk/again.js';
import { sweepDisks } from '../disk/sweep.js';
import { campaign } from './campaign.js';
import { sweep } from './sweep.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    steps: { type: 'string' },
    disk: { type: 'boolean', default: false },
    system: { type: 'string' },
    cuts: { type: 'string', default: '25' },
    recording: { type: 'string' },
    cut: { type: 'string', default: '0' },
    hours: { type: 'string' },
    ledger: { type: 'boolean', default: false },
  },
});

const seed = Number(values.seed ?? Date.now() % 2 ** 31);

async function failures(): Promise<number> {
  if (values.recording) return againFrom(values.recording, Number(values.cut));
  if (values.hours) {
    const until = Date.now() + Number(values.hours) * 3_600_000;
    return campaign({ seed, until, ledger: values.ledger });
  }
  const once = { seed, until: Infinity };
  const steps = values.steps?.split(',').map(Number);
  const total = values.disk
    ? await sweepDisks({
        ...once,
        sessions: 1,
        cuts: Number(values.cuts),
        system: systemOf(values.system),
      })
    : await sweep({ ...once, worlds: 1, steps, shrinks: steps === undefined });
  console.log(JSON.stringify(total));
  return total.failed.length;
}

process.exitCode = (await failures()) > 0 ? 1 : 0;
