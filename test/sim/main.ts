// Plays worlds from seeds: npm run sim -- [--seed N] [--worlds N | --minutes N] [--keep-steps 0,2,5]
import { parseArgs } from 'node:util';
import { sweep } from './sweep.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    worlds: { type: 'string' },
    minutes: { type: 'string' },
    'keep-steps': { type: 'string' },
  },
});

const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const until = values.minutes ? Date.now() + Number(values.minutes) * 60_000 : Infinity;
const worlds = Number(values.worlds ?? (values.minutes ? Infinity : 1));
const keepSteps = values['keep-steps']?.split(',').map(Number);
const total = await sweep({ seed, worlds, until, keepSteps });
console.log(JSON.stringify(total));
process.exitCode = total.failed.length > 0 ? 1 : 0;
